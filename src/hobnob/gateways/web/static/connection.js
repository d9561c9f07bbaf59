// One WebSocket after another: every command is answered once, and a connection that broke is made again.
//
// A connection that breaks while something was asked answers `LOST`; what must not be lost is sent again by its ref.

const SILENCE = 30_000;
const LONGEST_PAUSE = 15_000;

export const LOST = { ok: false, error: "lost", hint: "The connection was lost before the server answered." };

let on = null; // what the page does when a connection is there, says something, or is gone
let socket = null;
let wanted = false;
let tries = 0;
let nextId = 0;
let heardAt = 0;
let timer = 0;
const replies = new Map(); // id of a command → what takes its reply

export function start(handlers) {
  on = handlers;
  window.ononline = () => wanted && !isOpen() && connect();
  // A connection that died without a word is noticed by its silence.
  setInterval(() => {
    if (!isOpen()) return;
    if (Date.now() - heardAt > 2 * SILENCE) socket.close();
    else ask("ping");
  }, SILENCE);
}

export const isOpen = () => socket?.readyState === WebSocket.OPEN;

export function connect() {
  clearTimeout(timer);
  wanted = true;
  if (socket && socket.readyState < WebSocket.CLOSING) return;
  const made = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`);
  socket = made;
  made.onopen = () => {
    heardAt = Date.now();
    on.opened();
  };
  made.onmessage = (frame) => hear(JSON.parse(frame.data));
  made.onclose = () => socket === made && lost();
}

// Let go, and do not come back by itself.
export function disconnect() {
  wanted = false;
  clearTimeout(timer);
  const gone = socket;
  socket = null;
  gone?.close();
  answerAll();
}

// Let go, and come back after a pause: the server cannot do it right now.
export function tryLater() {
  socket?.close();
}

export function settled() {
  tries = 0;
}

export function ask(what, fields = {}) {
  if (!isOpen()) return Promise.resolve(LOST);
  const id = String(++nextId);
  socket.send(JSON.stringify({ do: what, id, ...fields }));
  return new Promise((answer) => replies.set(id, answer));
}

function hear(said) {
  heardAt = Date.now();
  if (!("reply" in said)) return on.heard(said);
  const answer = replies.get(said.reply);
  replies.delete(said.reply);
  answer?.(said);
}

function lost() {
  socket = null;
  answerAll();
  if (!wanted) return;
  timer = setTimeout(connect, Math.min(LONGEST_PAUSE, 500 * 2 ** tries++) * (0.5 + Math.random() / 2));
  on.lost();
}

function answerAll() {
  const waiting = [...replies.values()];
  replies.clear();
  for (const answer of waiting) answer(LOST);
}
