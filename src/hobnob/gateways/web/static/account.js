// One's own name: keeping it with a password, another password, leaving for good; and letting somebody else in.
//
// Passwords are asked for in a dialog, sent once, and forgotten with it.

import { showDevices } from "./devices.js";
import { isPlain } from "./door.js";
import { at, showNotice } from "./view.js";

const ASKED = {
  register: {
    title: "Keep this name",
    lead: "With a password the name is yours on every device, and nobody else can have it. What you said stays yours.",
    fields: ["new"],
    button: "Keep it",
    done: "The name is yours. Log in with it anywhere.",
  },
  password: {
    title: "Another password",
    lead: "Your other devices are logged out with it.",
    fields: ["old", "new"],
    button: "Change it",
    done: "You have a new password.",
  },
};

let you = null;
let wanted = "";

export function showAccount(person) {
  you = person;
  at("account").hidden = false;
  at("account-name").textContent = person.name;
  at("invite-people").hidden = !["owner", "moderator"].includes(person.role) || isPlain;
  at("claim").hidden = person.kind === "account" || isPlain;
  at("change-password").hidden = person.kind !== "account" || isPlain;
  at("show-devices").hidden = isPlain;
  at("log-out").textContent = person.kind === "account" ? "Log out" : "Leave and forget this name";
}

export function openAccount({ register, change, leave, invite }) {
  const actions = { register, password: change };
  at("claim").onclick = claim;
  at("invite-people").onclick = async () => {
    at("account").open = false;
    const reply = await invite();
    if (!reply.ok) return showNotice(reply.hint);
    const given = reply.web || reply.code;
    showNotice(`One person can come in with this, within a week: ${given}`, "Copy", () => navigator.clipboard.writeText(given));
  };
  at("change-password").onclick = () => ask("password");
  at("show-devices").onclick = () => {
    at("account").open = false;
    showDevices(you.kind === "account");
  };
  at("log-out").onclick = () => {
    at("account").open = false;
    if (you.kind === "account" || confirm(`Nobody keeps the name ${you.name} for you then, and you cannot come back as the same person. Leave?`)) leave();
  };
  at("secret-cancel").onclick = () => at("secret").close();
  at("secret").onclose = () => at("secret-form").reset();
  at("secret-form").onsubmit = async (event) => {
    event.preventDefault();
    const { new: chosen, old } = at("secret-form").elements;
    at("secret-complaint").textContent = "";
    at("secret-submit").disabled = true; // a password takes its time
    const reply = await actions[wanted]({ chosen: chosen.value, old: old.value });
    at("secret-submit").disabled = false;
    if (!reply.ok) {
      at("secret-complaint").textContent = reply.hint;
      at("secret-rules").hidden = true;
      return;
    }
    at("secret").close();
    showNotice(ASKED[wanted].done);
  };
  document.addEventListener("click", ({ target }) => {
    if (!at("account").contains(target)) at("account").open = false;
  });
}

export const claim = () => ask("register");

function ask(what) {
  wanted = what;
  const { title, lead, fields, button } = ASKED[what];
  at("account").open = false;
  at("secret-title").textContent = title;
  at("secret-lead").textContent = lead;
  at("secret-complaint").textContent = "";
  at("secret-rules").hidden = false;
  at("secret-name").value = you.name;
  at("old-field").hidden = !fields.includes("old");
  at("old").required = fields.includes("old");
  at("secret-submit").textContent = button;
  at("secret").showModal();
}
