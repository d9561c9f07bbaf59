// The small page: one person, their rooms one at a time, over the hobnob protocol in a WebSocket.
//
// `seen` holds the last number of every log, so that a connection that broke goes on where it stopped. Who is refused for
// good (banned, logged out) is shown the door, and does not come back by itself.

import { claim, openAccount, showAccount } from "./account.js";
import { ask, connect, disconnect, isOpen, LOST, settled, start, tryLater } from "./connection.js";
import { openDevices } from "./devices.js";
import { forgetInvite, invitation, leaveDoor, openDoor, showDoor, takeInvite } from "./door.js";
import { confirmed, edit, erase, forget, ignore, isIgnored, isLoaded, load, note, openRoom, say as sayMessage, show } from "./messages.js";
import { lossOf, sentence } from "./news.js";
import { openPeople, showPerson } from "./person.js";
import * as rooms from "./rooms.js";
import { allowWriting, at, device, fitComposer, hideNotice, say, showChat, showNotice, showPeople, showRoom, showWays } from "./view.js";

const TOKEN = "hobnob-token";
const LATER = new Set(["busy", "internal", "lost", "stopping", "store-unavailable", "too-fast", "try-again", "unknown-outcome"]);
const PERSONAL = new Set(["room_gained", "room_lost", "read_marked", "draft_changed", "setting_changed", "invited_to_room", "device_revoked", "person_ignored", "person_unignored", "directs_changed"]);
const OF_THE_HOUSE = new Set(["person_renamed", "account_registered", "account_deleted", "server_role_changed"]);
const COMMAND = /^\/[a-z?]+(?=\s|$)/i; // as other clients have them, so what follows may be for one person alone
const ACTION = /^\/me\s+(?=\S)/i; // the one that the page has: what one does
const ABOUT_PEOPLE = new Set(["member_joined", "member_left", "member_attached", "member_detached", "presence_changed", "person_renamed", "role_changed"]);

let wish = null; // what was said at the door, until it is answered
let answered = null; // what is called then
let you = null; // set while the connection is introduced
let unread = 0; // what was said in the open room while the page was hidden
let lastWord = "";
let isHeldBack = false; // what is typed looks like a command, and the notice says so
let waiting = ""; // an invite that needs an account first
let lastKind = ""; // of the person that one was last
let seen = { rooms: {} };
let people = []; // the members of the open room
const drafts = new Map(); // room → what has been typed there
const timers = {};

function later(what, pause, then) {
  clearTimeout(timers[what]);
  timers[what] = setTimeout(then, pause);
}

// Coming and going

async function hello() {
  const token = localStorage.getItem(TOKEN);
  if (!token && !wish) return refused({});
  if (wish) wish.new_token ??= newToken(); // said again, it brings back whom the first one made
  const resume = isLoaded() ? seen : {};
  const who = token && !wish?.password ? { token } : wish;
  const reply = await ask("hello", { version: 1, client: "hobnob page", device: device(), ...who, ...resume });
  if (reply.ok) return welcome(reply, who);
  if (reply.error === LOST.error) return;
  if (LATER.has(reply.error) && !wish) {
    lastWord = reply.hint;
    return tryLater();
  }
  const isVoid = who.token && ["token-unknown", "not-confidential"].includes(reply.error);
  if (isVoid) localStorage.removeItem(TOKEN);
  if (isVoid && wish) return hello();
  if (reply.error === "token-unknown") return leave(lastWord || "You are not known here any more. Come in anew.");
  refused(reply);
}

function newToken() {
  const random = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(24))));
  return `hb_${random.replaceAll("+", "-").replaceAll("/", "_")}`;
}

// Stay at the door; whoever wants to try again says so.
function refused({ hint = "", error = "", hadAccount = false }) {
  wish = you = null;
  disconnect();
  forget();
  say("");
  showDoor({ hint, error, hadAccount, known: Boolean(localStorage.getItem(TOKEN)) });
  answered?.();
}

function leave(words) {
  const hadAccount = lastKind === "account";
  localStorage.removeItem(TOKEN);
  lastWord = lastKind = waiting = "";
  seen = { rooms: {} };
  drafts.clear();
  refused({ hint: words, hadAccount });
}

async function welcome(reply, who) {
  settled();
  you = reply.you;
  lastKind = you.kind;
  wish = null;
  lastWord = "";
  answered?.();
  if (reply.token) localStorage.setItem(TOKEN, reply.token);
  const resumed = isLoaded() && reply.epoch === seen.epoch;
  const states = reply.rooms ?? [];
  if (!resumed) {
    seen = { epoch: reply.epoch, me: reply.me ?? 0, house: reply.house ?? 0, rooms: {} };
    for (const { id, head } of states) seen.rooms[id] = head ?? 0;
  }
  rooms.fill(states, you.id);
  showChat(reply.server);
  showAccount(you);
  say("Connected", "on");
  if (!resumed) heed();
  const { code = "", room: wanted = "" } = invitation() ?? {};
  leaveDoor();
  if (code && !who.invite) await use(code);
  await enter(rooms.named(wanted) ?? rooms.current() ?? rooms.lobby() ?? (await join("#lobby")), resumed);
}

// An invite that came to somebody who is in already.
async function use(code) {
  const reply = await ask("use_invite", { code });
  if (reply.error === "account-needed") {
    waiting = code;
    return showNotice("This invite is for people with an account.", "Keep my name with a password", claim);
  }
  if (!reply.ok) return showNotice(reply.hint);
  if (!reply.room) showNotice("The invite is yours now.");
  if (reply.room) added(reply.room);
}

// Rooms

async function enter(room, resumed = false) {
  const before = rooms.current();
  if (before && before !== room) {
    drafts.set(before.id, at("text").value);
    haveRead(before);
  }
  rooms.enter(room?.id);
  at("chat").classList.remove("rooms-open");
  const changed = before !== room;
  if (changed) {
    at("text").value = drafts.get(room?.id) ?? "";
    present([]); // those of the other room have no place here
  }
  unread = 0;
  tell();
  fitComposer();
  askPeople();
  const reply = await openRoom(room, you, resumed);
  if (reply !== true) showNotice(reply.hint);
  markRead();
}

function tell() {
  const room = rooms.current();
  showRoom(room, room ? rooms.called(room) : "", unread + rooms.callsElsewhere());
  const moderates = (role) => role === "owner" || role === "moderator";
  const writes = room?.posting !== "moderators" || room.role === "speaker" || moderates(room.role) || moderates(you?.role);
  allowWriting(room, writes);
}

async function join(name) {
  const reply = await ask("join_room", { room: name, create: true });
  if (reply.ok) return added(reply.room);
  showNotice(reply.hint);
  return null;
}

function added(state) {
  seen.rooms[state.id] ??= state.head ?? 0;
  const room = rooms.add(state);
  tell();
  return room;
}

// A room that one belongs to now, by whatever client or invite.
async function gained(id) {
  if (rooms.room(id)) return;
  const reply = await ask("join_room", { room: id });
  if (reply.ok) added(reply.room);
}

function lost(id) {
  const isOpen = rooms.current()?.id === id;
  rooms.remove(id);
  drafts.delete(id);
  if (isOpen) enter(rooms.lobby() ?? null);
}

// What is heard

function hear(said) {
  if (said.event === "goodbye") {
    lastWord = said.text;
    say(said.text, "off");
  } else if (said.event === "gap") {
    if (said.room) seen.rooms[said.room] = Math.max(seen.rooms[said.room] ?? 0, said.head);
    if (said.room && said.room === rooms.current()?.id) load();
  } else if (said.event !== "moderated" && isNews(said)) {
    apply(said);
  }
}

// Whether an event has not been heard before; those without a number are told once.
function isNews({ event, number, room: log }) {
  if (!number) return true;
  const [logs, key] = PERSONAL.has(event) ? [seen, "me"] : OF_THE_HOUSE.has(event) ? [seen, "house"] : [seen.rooms, log];
  if (number <= (logs[key] ?? 0)) return false;
  logs[key] = number;
  return true;
}

function apply(event) {
  if (ABOUT_PEOPLE.has(event.event)) askPeople();
  HEARD[event.event]?.(event);
  const { room } = event;
  if (room !== rooms.current()?.id || PERSONAL.has(event.event) || event.event === "aside_sent") return;
  const words = sentence(event);
  if (words) note(words);
}

const HEARD = {
  message_sent: heardMessage,
  message_edited: (event) => event.room === rooms.current()?.id && edit(event),
  message_deleted: (event) => event.room === rooms.current()?.id && erase(event),
  topic_changed: ({ room, topic }) => changeRoom(room, { topic }),
  room_changed: ({ room, name, kind, posting = "all" }) => changeRoom(room, { name, kind, posting }),
  role_changed: ({ room, person, role }) => person === you?.id && changeRoom(room, { role }),
  person_renamed: ({ by, name }) => by === you?.id && showAccount(Object.assign(you, { name })),
  server_role_changed: ({ person, role }) => person === you?.id && showAccount(Object.assign(you, { role })),
  account_registered: ({ by }) => by === you?.id && showAccount(Object.assign(you, { kind: "account" })),
  aside_sent: heardAside,
  room_gained: ({ room }) => gained(room),
  room_lost: ({ room }) => lost(room),
  member_left: removed,
  read_marked: marked,
  person_ignored: heed,
  person_unignored: heed,
  invited_to_room: ({ name, inviter_name, room }) =>
    showNotice(`${inviter_name} invites you to #${name}.`, "Join", async () => enter(rooms.room(room) ?? (await join(room)) ?? rooms.current())),
};

// Whom one ignores, on this client or another.
async function heed() {
  const reply = await ask("list_ignored");
  if (reply.ok) ignore((reply.people ?? []).map(({ id }) => id));
}

function heardMessage(event) {
  if (isIgnored(event.by)) return;
  const known = rooms.room(event.room);
  if (event.by === you?.id) confirmed(event);
  if (event.room === rooms.current()?.id) {
    show(event);
    if (document.hidden && event.by !== you?.id) {
      unread++;
      tell();
    }
    markRead();
  } else if (known && event.number > (known.head ?? 0) && event.by !== you?.id) {
    const mentioned = event.mentions?.includes(you?.id) ? 1 : 0;
    rooms.change(event.room, { unread: known.unread + 1, mentions: known.mentions + mentioned, head: event.number });
    tell();
  }
}

// What is said to moderators alone is shown wherever one is: it is kept nowhere.
function heardAside(event) {
  const room = rooms.room(event.room);
  const words = room && !isIgnored(event.by) && sentence(event);
  if (words) event.room === rooms.current()?.id ? note(words) : showNotice(`${rooms.called(room)}: ${words}`);
}

function changeRoom(id, fields) {
  rooms.change(id, fields);
  if (id === rooms.current()?.id) tell();
}

function removed(event) {
  const room = rooms.room(event.room);
  const words = room && lossOf(event, you?.id, rooms.called(room));
  if (!words) return;
  showNotice(words);
  lost(event.room);
}

function marked({ room, upto }) {
  if (upto < seen.rooms[room]) return recount(room);
  rooms.change(room, { unread: 0, mentions: 0 });
  tell();
}

// What is heard while the answer is on its way may be counted in it or not, so it is asked for again.
async function recount(id, tries = 3) {
  const heard = seen.rooms[id];
  const reply = await ask("list_unread", { room: id });
  if (seen.rooms[id] !== heard && tries > 1) return recount(id, tries - 1);
  const [counted] = (reply.ok && reply.rooms) || [];
  if (!counted) return;
  rooms.change(id, { unread: counted.unread ?? 0, mentions: counted.mentions ?? 0 });
  tell();
}

function askPeople() {
  later("people", 100, async () => {
    const room = rooms.current();
    if (!you || !room) return present([]);
    const reply = await ask("list_members", { room: room.id });
    if (reply.ok && room === rooms.current()) present(reply.members ?? []);
  });
}

function present(members) {
  people = members;
  showPeople(people, you);
}

const markRead = () => later("read", 1000, () => haveRead(rooms.current()));

// What is on the page was read, if anybody looks at it.
function haveRead(room) {
  if (!you || !room || !isLoaded() || document.hidden || !rooms.room(room.id)) return;
  ask("mark_read", { room: room.id, number: seen.rooms[room.id] });
  rooms.change(room.id, { unread: 0, mentions: 0, head: seen.rooms[room.id] });
}

// What is typed

at("compose").onsubmit = (event) => {
  event.preventDefault();
  const typed = at("text").value;
  if (ACTION.test(typed) || !COMMAND.test(typed)) return sayTyped();
  showNotice("This was not said: it looks like a command, and of those the page has /me alone. Rooms are in their list, and a click on a name is for writing to somebody alone.", "Say it all the same", sayTyped);
  isHeldBack = true;
};

function sayTyped() {
  const text = at("text").value;
  if (isHeldBack) hideNotice();
  isHeldBack = false;
  if (!text.trim() || !rooms.current()) return;
  if (ACTION.test(text)) sayMessage(text.replace(ACTION, ""), "action");
  else sayMessage(text, "text");
  at("text").value = "";
  fitComposer();
  at("text").focus();
}

at("text").oninput = fitComposer;
at("text").onkeydown = (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  at("compose").requestSubmit();
};

at("rooms").onclick = ({ target }) => {
  const id = target.closest("button")?.dataset.room;
  if (id) enter(rooms.room(id));
};

at("to-rooms").onclick = () => {
  const isOpened = at("chat").classList.toggle("rooms-open");
  at("to-rooms").setAttribute("aria-expanded", isOpened);
};

at("join").onsubmit = async (event) => {
  event.preventDefault();
  const name = at("join-name").value.trim();
  const room = await join(name.startsWith("#") ? name : `#${name}`);
  if (!room) return;
  at("join-name").value = "";
  hideNotice();
  enter(room);
};

document.onvisibilitychange = () => {
  if (document.hidden || !rooms.current()) return;
  unread = 0;
  tell();
  markRead();
};

window.onhashchange = () => {
  if (!takeInvite()) return;
  if (you) use(invitation().code).then(forgetInvite);
  else showDoor();
};

openDoor({
  enter(said) {
    wish = said;
    if (isOpen()) hello();
    else connect();
    return new Promise((done) => (answered = done));
  },
  forget: () => leave(""),
});

openAccount({
  async register({ chosen }) {
    const reply = await ask("register", { password: chosen });
    if (!reply.ok) return reply;
    if (reply.token) localStorage.setItem(TOKEN, reply.token);
    you = reply.you;
    lastKind = you.kind;
    showAccount(you);
    const code = waiting;
    waiting = "";
    if (code) later("invite", 0, () => use(code));
    return reply;
  },
  invite: () => ask("create_invite"),
  change: ({ old, chosen }) => ask("change_password", { old, new: chosen }),
  async leave() {
    localStorage.removeItem(TOKEN);
    await Promise.race([ask("log_out"), new Promise((done) => setTimeout(done, 2000))]);
    leave("You are logged out.");
  },
});

openDevices({
  list: () => ask("list_devices"),
  revoke: (device) => ask("revoke_device", { device }),
  add: (name, password) => ask("add_device", { name, password }),
});

openPeople({
  pick(id) {
    const person = people.find((one) => one.id === id);
    const room = rooms.current();
    if (person && room && you) showPerson(person, room, you);
  },
  async write(person) {
    const reply = await ask("open_direct", { people: [person] });
    if (reply.ok) enter(added(reply.room));
    return reply;
  },
  act: ask,
});

start({
  opened: hello,
  heard: hear,
  lost() {
    you = null;
    answered?.();
    say(`${lastWord || "The connection was lost."} Trying again …`, "off");
  },
});
takeInvite();
showWays(location);
if (localStorage.getItem(TOKEN)) connect();
else showDoor();
