// Somebody in the list of people: what one may do about them, alone for everybody and in the room for its moderators.
//
// Who may do what is the server's to say. Here it is only shown what has a chance, and why it was refused.

import { at, make } from "./view.js";

const RANKS = ["guest", "member", "speaker", "moderator", "owner"];
const MODERATOR = RANKS.indexOf("moderator");
const HOUR = 3600;
const ASKS = {
  mute: ({ reason }) => ["mute", { seconds: HOUR, reason }],
  unmute: () => ["unmute", {}],
  kick: ({ reason }) => ["kick", { reason }],
  ban: ({ reason }) => ["ban", { reason }],
  role: ({ role }) => ["set_role", { role }],
};

let about = null; // { person, room } while the dialog is open

const rank = (role) => RANKS.indexOf(role ?? "member");

// What somebody may do in a room: their role there, or the one on the server where that makes them a moderator.
function standing(room, you) {
  if (room.kind === "direct") return rank("member");
  const server = rank(you.role);
  return Math.max(rank(room.role), server >= MODERATOR ? server : 0);
}

export function showPerson(person, room, you) {
  about = { person, room };
  const own = standing(room, you);
  const isTop = own === RANKS.length - 1;
  at("person-title").textContent = person.name;
  at("person-is").textContent = room.kind === "direct" ? "" : `${person.role ?? "member"} of #${room.name}${person.state === "away" ? ", away" : ""}`;
  at("person-complaint").textContent = "";
  at("person-reason").value = "";
  at("person-acts").hidden = own < MODERATOR || !(isTop || rank(person.role) < own);
  at("person-role").replaceChildren(...RANKS.slice(0, own + 1).map((role) => Object.assign(make("option", "", role), { value: role })));
  at("person-role").value = person.role ?? "member";
  at("person").showModal();
}

export function openPeople({ pick, write, act }) {
  at("people").onclick = ({ target }) => {
    const id = target.closest("button")?.dataset.person;
    if (id) pick(id);
  };
  const end = (asked, reply) => {
    if (asked !== about) return; // it was closed meanwhile, and may be open for somebody else
    if (reply.ok) at("person").close();
    else at("person-complaint").textContent = reply.hint;
  };
  const perform = async (what) => {
    const [command, fields] = ASKS[what]({ reason: at("person-reason").value, role: at("person-role").value });
    const asked = about;
    end(asked, await act(command, { room: asked.room.id, person: asked.person.id, ...fields }));
  };
  at("person-write").onclick = async () => {
    const asked = about;
    end(asked, await write(asked.person.id));
  };
  at("person-role").onchange = () => perform("role");
  at("person-acts").onclick = ({ target }) => target.dataset.act && perform(target.dataset.act);
  at("person-close").onclick = () => at("person").close();
}
