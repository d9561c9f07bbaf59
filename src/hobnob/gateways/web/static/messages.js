// The messages of the open room, and those of one's own that the server has not confirmed yet.
//
// What was sent and not confirmed goes again with the same ref, which the server recognises.

import { ask } from "./connection.js";
import { append, clear, makeMessage, makeNote, refuse, write } from "./view.js";

const HISTORY = 100;

let room = null;
let you = null;
let loaded = false; // the room's messages are on the page, so a resume may add to them
const shown = new Map(); // number → its element
let ignored = new Set(); // ids of those whose words are not shown
const unsent = new Map(); // ref → a message that the server has not confirmed

export const isLoaded = () => loaded;
export const isIgnored = (person) => ignored.has(person);

export function ignore(people) {
  const changed = people.length !== ignored.size || people.some((one) => !ignored.has(one));
  ignored = new Set(people);
  if (changed && loaded) load();
}

// Show a room; what is on the page already stays when it is the same one, and `resumed`.
export async function openRoom(state, person, resumed) {
  const stays = resumed && loaded && room?.id === state?.id;
  [room, you] = [state, person];
  if (!stays) {
    loaded = false;
    shown.clear();
    clear();
  }
  if (!room) return true;
  const ready = stays || (await load());
  for (const [ref, message] of unsent) {
    if (message.room !== room?.id) continue;
    if (!message.element.isConnected) append(message.element);
    if (!message.refused) submit(ref, message);
  }
  return ready;
}

// The latest messages; what was said since they were asked for stays behind them.
export async function load() {
  const { id } = room;
  const reply = await ask("read_history", { room: id, limit: HISTORY });
  if (id !== room?.id) return true; // another one was opened meanwhile
  if (!reply.ok) return reply;
  const messages = reply.messages ?? [];
  const newest = messages.at(-1)?.number ?? 0;
  const newer = [...shown].filter(([number]) => number > newest);
  for (const element of shown.values()) element.remove();
  shown.clear();
  messages.forEach(show);
  for (const [number, element] of newer) place(number, element);
  loaded = true;
  return true;
}

export function show(message) {
  if (shown.has(message.number) || ignored.has(message.by)) return;
  if (message.by === you?.id) {
    unsent.get(message.ref)?.element.remove();
    unsent.delete(message.ref);
  }
  place(message.number, makeMessage(message));
}

export const note = (words) => append(makeNote(words));
export const edit = ({ of, text }) => write(shown.get(of), { text, edited: true });
export const erase = ({ of }) => write(shown.get(of), { deleted: true });

function place(number, element) {
  shown.set(number, element);
  append(element);
}

function newRef() {
  // The time in front lets the server keep new ones together; the 128 random bits are what makes it one of a kind.
  const random = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0"));
  return Date.now().toString(16).padStart(12, "0") + random.join("");
}

export function say(text, kind) {
  const element = makeMessage({ by: you?.id ?? "", by_name: you?.name, kind: kind === "text" ? "waiting" : `waiting ${kind}`, text });
  const message = { room: room.id, text, kind, element, refused: false };
  const ref = newRef();
  unsent.set(ref, message);
  append(element);
  submit(ref, message);
}

export function confirmed({ ref }) {
  unsent.get(ref)?.element.remove();
  unsent.delete(ref);
}

async function submit(ref, message) {
  const reply = await ask("send_message", { room: message.room, text: message.text, kind: message.kind, ref });
  if (reply.ok || reply.error === "lost" || !unsent.has(ref)) return; // a lost one goes out with the next welcome
  message.refused = true;
  refuse(message.element, reply.hint, () => {
    message.refused = false;
    submit(ref, message);
  });
}

// Nobody else's words and none of one's own stay for whoever comes next.
export function forget() {
  unsent.clear();
  ignored.clear();
  openRoom(null, null, false);
}
