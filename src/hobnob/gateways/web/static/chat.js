// The small page: one person in one room, over the hobnob protocol in a WebSocket.
//
// `seen` holds the last number of every log, so that a connection that broke goes on where it stopped. What was sent and
// not confirmed goes again with the same ref, which the server recognises.

import { append, at, fitComposer, makeMessage, refuse, say, showChat, showDoor, showPeople, showRoom, showWays, write } from "./view.js";

const TOKEN = "hobnob-token";
const HISTORY = 100;
const SILENCE = 30_000;
const PERSONAL = new Set(["room_gained", "room_lost", "read_marked", "draft_changed", "setting_changed"]);
const ABOUT_PEOPLE = new Set(["member_joined", "member_left", "member_attached", "member_detached", "presence_changed", "person_renamed"]);

let socket = null;
let tries = 0;
let nextId = 0;
let heardAt = 0;
let unread = 0;
let name = null; // what was asked for at the door
let you = null; // set while the connection is introduced
let room = null;
let loaded = false; // the room's messages are on the page, so a resume may add to them
let seen = { rooms: {} };
const timers = {};
const replies = new Map(); // id of a command → what to do with its reply
const unsent = new Map(); // ref → a message that the server has not confirmed
const shown = new Map(); // number → its element

function later(what, pause, then) {
  clearTimeout(timers[what]);
  timers[what] = setTimeout(then, pause);
}

// The connection

function connect() {
  clearTimeout(timers.connect);
  say("Connecting …");
  socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`);
  socket.onopen = hello;
  socket.onmessage = (frame) => hear(JSON.parse(frame.data));
  socket.onclose = () => {
    replies.clear();
    you = null;
    later("connect", Math.min(15_000, 500 * 2 ** tries++) * (0.5 + Math.random() / 2), connect);
    say("Connection lost, trying again …", "off");
  };
}

function command(what, fields, then) {
  const id = String(++nextId);
  if (then) replies.set(id, then);
  socket.send(JSON.stringify({ do: what, id, ...fields }));
}

function hello() {
  const token = localStorage.getItem(TOKEN);
  if (!token && !name) return showDoor("");
  const resume = loaded ? seen : {};
  command("hello", { version: 1, client: "hobnob page", ...(token ? { token } : { name }), ...resume }, (reply) => {
    if (reply.ok) return welcome(reply);
    if (reply.error === "token-unknown") {
      localStorage.removeItem(TOKEN);
      return hello();
    }
    name = null;
    showDoor(reply.hint);
  });
}

function welcome(reply) {
  tries = 0;
  you = reply.you;
  if (reply.token) localStorage.setItem(TOKEN, reply.token);
  const rooms = reply.rooms ?? [];
  if (!loaded || reply.epoch !== seen.epoch) {
    seen = { epoch: reply.epoch, me: reply.me ?? 0, house: reply.house ?? 0, rooms: {} };
    for (const { id, head } of rooms) seen.rooms[id] = head ?? 0;
    loaded = false;
  }
  showChat(reply.server);
  say(`Connected as ${you.name}`, "on");
  const lobby = rooms.find((one) => one.name === "lobby") ?? rooms[0];
  if (lobby) return enter(lobby);
  command("join_room", { room: "#lobby" }, (joined) => (joined.ok ? enter(joined.room) : say(joined.hint, "off")));
}

function enter(state) {
  room = state;
  showRoom(room, unread);
  if (!loaded) load();
  askPeople();
  for (const [ref, { text, refused }] of unsent) if (!refused) submit(ref, text);
}

// The latest messages; what was said since they were asked for stays behind them.
function load() {
  command("read_history", { room: room.id, limit: HISTORY }, (reply) => {
    if (!reply.ok) return say(reply.hint, "off");
    const messages = reply.messages ?? [];
    const newest = messages.at(-1)?.number ?? 0;
    const newer = [...shown].filter(([number]) => number > newest);
    for (const element of shown.values()) element.remove();
    shown.clear();
    messages.forEach(show);
    for (const [number, element] of newer) place(number, element);
    loaded = true;
    markRead();
  });
}

// What is heard

function hear(said) {
  heardAt = Date.now();
  if ("reply" in said) {
    const then = replies.get(said.reply);
    replies.delete(said.reply);
    then?.(said);
  } else if (said.event === "goodbye") {
    say(said.text, "off");
  } else if (said.event === "gap") {
    if (said.room) seen.rooms[said.room] = Math.max(seen.rooms[said.room] ?? 0, said.head);
    if (said.room === room?.id) load();
  } else if (isNews(said)) {
    apply(said);
  }
}

// Whether an event has not been heard before; those without a number are told once.
function isNews({ event, number, room: log }) {
  if (!number) return true;
  const [logs, key] = PERSONAL.has(event) ? [seen, "me"] : event === "person_renamed" ? [seen, "house"] : [seen.rooms, log];
  if (number <= (logs[key] ?? 0)) return false;
  logs[key] = number;
  return true;
}

function apply(event) {
  if (ABOUT_PEOPLE.has(event.event)) askPeople();
  if (event.event === "person_renamed" && event.by === you?.id) {
    you.name = event.name;
    say(`Connected as ${you.name}`, "on");
  }
  if (event.room !== room?.id) return;
  if (event.event === "message_sent") {
    show(event);
    if (document.hidden && event.by !== you?.id) showRoom(room, ++unread);
    markRead();
  } else if (event.event === "topic_changed") {
    room.topic = event.topic;
    showRoom(room, unread);
  } else if (event.event === "message_edited") {
    write(shown.get(event.of), { text: event.text, edited: true });
  } else if (event.event === "message_deleted") {
    write(shown.get(event.of), { deleted: true });
  }
}

function show(message) {
  if (shown.has(message.number)) return;
  if (message.by === you?.id) {
    unsent.get(message.ref)?.element.remove();
    unsent.delete(message.ref);
  }
  place(message.number, makeMessage(message));
}

function place(number, element) {
  shown.set(number, element);
  append(element);
}

function askPeople() {
  later("people", 100, () => {
    if (you) command("list_members", { room: room.id }, (reply) => reply.ok && showPeople(reply.members ?? [], you));
  });
}

function markRead() {
  later("read", 1000, () => {
    if (you && loaded && !document.hidden) command("mark_read", { room: room.id, number: seen.rooms[room.id] });
  });
}

// What is said

function newRef() {
  // The time in front lets the server keep new ones together; the 128 random bits are what makes it one of a kind.
  const random = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0"));
  return Date.now().toString(16).padStart(12, "0") + random.join("");
}

function submit(ref, text) {
  if (!you) return; // it goes out with the next welcome
  command("send_message", { room: room.id, text, ref }, (reply) => {
    const message = unsent.get(ref);
    if (reply.ok || !message) return;
    message.refused = true;
    refuse(message.element, reply.hint, () => {
      message.refused = false;
      submit(ref, text);
    });
  });
}

at("compose").onsubmit = (event) => {
  event.preventDefault();
  const text = at("text").value;
  if (!text.trim() || !room) return;
  const ref = newRef();
  const element = makeMessage({ by: you?.id ?? "", by_name: you?.name, kind: "waiting", text });
  unsent.set(ref, { text, element });
  append(element);
  submit(ref, text);
  at("text").value = "";
  fitComposer();
};

at("text").oninput = fitComposer;
at("text").onkeydown = (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  at("compose").requestSubmit();
};

at("enter").onsubmit = (event) => {
  event.preventDefault();
  name = at("name").value.trim();
  if (socket?.readyState === WebSocket.OPEN) hello();
  else connect();
};

document.onvisibilitychange = () => {
  if (document.hidden || !room) return;
  unread = 0;
  showRoom(room, unread);
  markRead();
};

window.ononline = () => socket?.readyState === WebSocket.CLOSED && connect();

// A connection that died without a word is noticed by its silence.
setInterval(() => {
  if (!you) return;
  if (Date.now() - heardAt > 2 * SILENCE) socket.close();
  else command("ping", {});
}, SILENCE);

showWays(location);
if (localStorage.getItem(TOKEN)) connect();
else showDoor("");
