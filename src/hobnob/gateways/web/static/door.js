// The way in: a name, and what else the server asks of whoever comes. One form, which shows what is needed.
//
// What is secret is in fields and in memory only: the invite of a link leaves the address bar as soon as the page reads it.

import { at } from "./view.js";

const LEADS = {
  open: "This is a chat on somebody’s own machine. No account, nothing to install: a name is enough.",
  invite: "This is a chat on somebody’s own machine. You come in with an invite: the link or the code that somebody inside gave you.",
  accounts: "This is a chat on somebody’s own machine, for people with an account. With an invite you can make one.",
};
const TITLES = { guest: "Come in.", register: "Come in.", login: "Welcome back." };

const access = document.body.dataset.access;
let mode = access === "accounts" ? "register" : "guest";
let asksInvite = access !== "open";
let invited = null; // { code, room } of the link that led here

export const isPlain = !window.isSecureContext;

// The invite that the address holds, taken out of it at once.
export function takeInvite() {
  const said = new URLSearchParams(location.hash.slice(1));
  const code = said.get("invite");
  if (location.hash) history.replaceState(null, "", location.pathname + location.search);
  if (code) invited = { code, room: said.get("room")?.replace(/^#/, "") ?? "" };
  return invited;
}

export const invitation = () => invited;

export function forgetInvite() {
  invited = null;
  at("invite").value = "";
}

export function showDoor({ hint = "", error = "", known = false, hadAccount = false } = {}) {
  if (hadAccount) mode = "login";
  if (error.startsWith("invite-")) asksInvite = true;
  if (error.startsWith("invite-") && mode === "login") mode = access === "accounts" ? "register" : "guest";
  if (error === "invite-unknown") invited = null;
  if (error === "account-needed") mode = "register";
  at("door").hidden = false;
  at("chat").hidden = true;
  for (const part of ["account", "to-rooms", "notice"]) at(part).hidden = true;
  at("topic").textContent = "";
  document.title = at("server").textContent;
  at("complaint").textContent = hint;
  at("forget").hidden = !known;
  show();
  focusFirst();
}

function show() {
  const plain = isPlain && (mode !== "guest" || asksInvite || invited !== null);
  at("title").textContent = invited ? "You are invited." : TITLES[mode];
  at("lead").textContent = lead();
  at("invite-field").hidden = !asksInvite || mode === "login" || Boolean(invited);
  at("password-field").hidden = mode === "guest";
  at("password-label").textContent = mode === "login" ? "Password" : "Choose a password";
  at("password-rules").hidden = mode !== "register" || Boolean(at("complaint").textContent);
  at("password").autocomplete = mode === "login" ? "current-password" : "new-password";
  at("name").autocomplete = mode === "guest" ? "nickname" : "username";
  at("invite").required = !at("invite-field").hidden;
  at("password").required = mode !== "guest";
  at("submit").textContent = { guest: "Enter", login: "Log in", register: "Make an account" }[mode];
  at("fields").hidden = plain;
  at("to-guest").textContent = access === "open" ? "A name is enough" : "I have an invite";
  for (const way of document.querySelectorAll("#other-ways button")) way.hidden = isPlain || isShown(way.dataset.way);
  const secure = `https://${location.host}${location.pathname}`;
  at("secure-link").textContent = secure;
  // The invite goes along to the encrypted page: what stands after the # is sent to nobody.
  at("secure-link").href = isPlain && invited ? `${secure}#${new URLSearchParams({ invite: invited.code, room: invited.room })}` : secure;
  at("insecure").hidden = !isPlain;
  at("insecure-guest").hidden = plain;
  at("insecure-needed").hidden = !plain;
  at("kept").hidden = mode !== "guest" || plain;
}

function lead() {
  if (mode === "login") return "Log in with the name and the password of your account.";
  if (invited) return `Choose the name that you want to have ${invited.room ? `in #${invited.room}` : "here"}.`;
  return LEADS[access] ?? LEADS.open;
}

const isShown = (way) => way === mode || (way === "guest" && access === "accounts") || (way === "invite" && (asksInvite || mode === "login"));

function focusFirst() {
  const empty = [...at("enter").elements].find((one) => one.matches("input") && one.offsetParent && !one.value);
  (empty ?? at("submit")).focus();
}

function wish() {
  const said = { name: at("name").value.trim() };
  if (mode !== "guest") said.password = at("password").value;
  if (mode === "register") said.register = true;
  const code = invited?.code ?? (asksInvite && mode !== "login" ? codeOf(at("invite").value) : "");
  if (code && mode !== "login") said.invite = code;
  return said;
}

// The code, typed as it is or pasted as the link that carries it.
function codeOf(text) {
  const said = text.trim().replace(/^['"]|['"]$/g, ""); // a link is printed in quotes, for shells
  return new URLSearchParams(said.split("#")[1] ?? "").get("invite") ?? said;
}

export function openDoor({ enter, forget }) {
  at("enter").onsubmit = (event) => {
    event.preventDefault();
    at("complaint").textContent = "";
    at("submit").disabled = true;
    enter(wish()).finally(() => (at("submit").disabled = false));
  };
  at("other-ways").onclick = ({ target }) => {
    const { way } = target.dataset;
    if (!way) return;
    if (way === "invite") asksInvite = true;
    else mode = way;
    at("complaint").textContent = "";
    show();
    focusFirst();
  };
  at("forget").onclick = forget;
}

// Nothing secret stays on the page once one is in.
export function leaveDoor() {
  at("password").value = "";
  forgetInvite();
}
