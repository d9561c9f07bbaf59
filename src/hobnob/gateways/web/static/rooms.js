// The rooms that one belongs to, and the list of them: what is unread where, and which one is open.

import { at, make, renew } from "./view.js";

const rooms = new Map(); // id → what is known of the room
let open = null;
let me = "";

export const current = () => open;
export const room = (id) => rooms.get(id);
export const named = (name) => [...rooms.values()].find((one) => one.name.toLowerCase() === name.toLowerCase());
export const lobby = () => named("lobby") ?? rooms.values().next().value;

export function fill(states, you) {
  me = you;
  const kept = open?.id;
  rooms.clear();
  for (const state of states) rooms.set(state.id, { unread: 0, mentions: 0, topic: "", ...state });
  open = rooms.get(kept) ?? null;
  list();
}

export function add(state) {
  rooms.set(state.id, { unread: 0, mentions: 0, topic: "", ...rooms.get(state.id), ...state });
  if (open?.id === state.id) open = rooms.get(state.id);
  list();
  return rooms.get(state.id);
}

export function remove(id) {
  rooms.delete(id);
  if (open?.id === id) open = null;
  list();
}

export function enter(id) {
  open = rooms.get(id);
  list();
}

export function change(id, fields) {
  const known = rooms.get(id);
  if (!known) return;
  Object.assign(known, fields);
  list();
}

const elsewhere = () => [...rooms.values()].filter((one) => one !== open);

// What was said to one in other rooms: by name, or to one alone.
export const callsElsewhere = () => elsewhere().reduce((sum, one) => sum + (one.kind === "direct" ? one.unread : one.mentions), 0);

// What a room is called here; a room of two or more people by the names of the others.
export function called({ name, kind, people = [] }) {
  if (kind !== "direct") return `#${name}`;
  return people.filter((one) => one.id !== me).map((one) => one.name).join(", ") || "you alone";
}

const order = (a, b) => (a.kind === "direct") - (b.kind === "direct") || called(a).localeCompare(called(b));

function list() {
  renew(at("rooms"), [...rooms.values()].sort(order).map(entry));
  at("chat").classList.toggle("unread", elsewhere().some((one) => one.unread));
}

function entry(one) {
  const item = make("li");
  item.dataset.key = one.id;
  const button = make("button", one === open ? "open" : "");
  button.type = "button";
  button.dataset.room = one.id;
  if (one === open) button.setAttribute("aria-current", "true");
  const name = make("span", "room-name", called(one));
  button.append(name);
  if (one.kind === "private") name.append(make("span", "private", " private"));
  if (one.unread && one !== open) {
    const count = make("span", one.mentions ? "count mention" : "count", one.unread > 99 ? "99+" : String(one.unread));
    count.setAttribute("aria-label", `${one.unread} unread`);
    button.append(count);
  }
  item.append(button);
  return item;
}
