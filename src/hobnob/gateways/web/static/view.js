// What the page shows. What others wrote reaches the document by textContent alone.

export const at = (id) => document.getElementById(id);

// mIRC colours and the other formatting codes, which mean nothing here.
const FORMATTING = /\x03(?:\d{1,2}(?:,\d{1,2})?)?|\x04(?:[0-9a-f]{6}(?:,[0-9a-f]{6})?)?|[\x02\x0f\x11\x16\x1d-\x1f]/gi;
const ADDRESS = /(https?:\/\/[^\s<>"]+)/;

export function say(words, kind = "") {
  at("state").textContent = words;
  at("state").className = kind;
}

export function showChat(server) {
  at("server").textContent = server;
  at("door").hidden = true;
  at("chat").hidden = false;
  at("to-rooms").hidden = false;
  if (!matchMedia("(pointer: coarse)").matches) at("text").focus();
}

export function showRoom(room, name, unread) {
  const topic = room?.topic ?? "";
  at("here").textContent = name || "Rooms";
  at("topic").textContent = room ? (topic ? `${name} · ${topic}` : name) : "";
  document.title = unread ? `(${unread}) ${name}` : name || "hobnob";
}

// A sentence above the messages, about something that happened to one; with what one may do about it.
export function showNotice(words, action = "", act = null) {
  at("notice").hidden = false;
  at("notice-text").textContent = words;
  at("notice-action").hidden = !action;
  at("notice-action").textContent = action;
  at("notice-action").onclick = () => {
    hideNotice();
    act();
  };
}

export function hideNotice() {
  at("notice").hidden = true;
}

export function allowWriting(room, may) {
  at("text").disabled = !room || !may;
  at("text").placeholder = !room ? "You are in no room." : may ? "Say something …" : "Only moderators write here.";
  at("compose").querySelector("button").disabled = !room || !may;
}

export function showPeople(members, you) {
  const here = members.filter((one) => one.attached).sort((a, b) => a.name.localeCompare(b.name));
  renew(at("people"), here.map((one) => personEntry(one, one.id === you.id)));
}

function personEntry({ id, name, state = "" }, isYou) {
  const item = make("li", state, isYou ? `${name} (you)` : "");
  item.dataset.key = id;
  if (isYou) return item;
  const button = Object.assign(make("button", "", name), { type: "button" });
  button.dataset.person = id;
  button.setAttribute("aria-haspopup", "dialog");
  item.append(button);
  return item;
}

export function make(tag, className = "", text = "") {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

// Have a list show these entries, each known by its `data-key`. Those that it has already stay and are only changed:
// with another element in its place, a click that has begun would be lost, and so would the focus of the keyboard.
export function renew(list, entries) {
  const known = new Map([...list.children].map((one) => [one.dataset.key, one]));
  const wanted = entries.map((entry) => liken(known.get(entry.dataset.key), entry));
  for (const one of known.values()) if (!wanted.includes(one)) one.remove();
  wanted.forEach((one, index) => one !== list.children[index] && list.insertBefore(one, list.children[index] ?? null));
}

// The node that is there, made like the other one; or that one, where there is none of its kind.
function liken(node, model) {
  if (node?.nodeName !== model.nodeName) return model;
  if (node.isEqualNode(model)) return node;
  if (node.nodeType === Node.TEXT_NODE) {
    node.data = model.data;
    return node;
  }
  for (const name of node.getAttributeNames()) if (!model.hasAttribute(name)) node.removeAttribute(name);
  for (const name of model.getAttributeNames()) node.setAttribute(name, model.getAttribute(name));
  const wanted = [...model.childNodes];
  while (node.childNodes.length > wanted.length) node.lastChild.remove();
  wanted.forEach((child, index) => {
    const there = node.childNodes[index];
    const one = liken(there, child);
    if (!there) node.append(one);
    else if (one !== there) there.replaceWith(one);
  });
  return node;
}

// A message that nobody has said yet has no number; it waits at the end of the list.
export function makeMessage({ by, by_name, kind = "text", at: when = new Date().toISOString(), ...rest }) {
  const element = make("li", kind === "text" ? "" : kind);
  const hue = [...by].reduce((sum, letter) => (sum * 33 + letter.charCodeAt(0)) % 9973, 7) % 360;
  element.style.setProperty("--hue", hue);
  element.dataset.by = by;
  const time = make("time", "", new Date(when).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }));
  time.dateTime = when;
  time.title = new Date(when).toLocaleString();
  element.append(make("span", "name", by_name ?? ""), time, make("span", "text"), make("span", "note"));
  write(element, { ...rest, edited: rest.edited || rest.edited_at });
  return element;
}

export function makeNote(words) {
  const element = make("li", "event");
  element.append(make("span", "text", words));
  return element;
}

export function clear() {
  at("messages").replaceChildren();
}

export function write(element, { text = "", edited = false, deleted = false }) {
  if (!element) return;
  element.classList.toggle("deleted", deleted);
  const parts = deleted ? ["deleted"] : text.replace(FORMATTING, "").split(ADDRESS);
  element.querySelector(".text").replaceChildren(
    ...parts.map((part) => {
      if (!ADDRESS.test(part)) return part;
      return Object.assign(make("a", "", part), { href: part, rel: "noopener noreferrer", target: "_blank" });
    }),
  );
  element.querySelector(".note").textContent = edited && !deleted ? "edited" : "";
}

export function refuse(element, hint, tryAgain) {
  const button = Object.assign(make("button", "", "Try again"), { type: "button" });
  button.onclick = () => {
    element.querySelector(".note").textContent = "";
    tryAgain();
  };
  element.querySelector(".note").replaceChildren(hint, button);
}

const isAtEnd = (list) => list.scrollHeight - list.scrollTop - list.clientHeight < 80;

// Whoever is at the end of the messages stays there when a notice, a long text or a keyboard takes room from them.
function stayAtEnd(list) {
  let stays = true;
  list.onscroll = () => (stays = isAtEnd(list));
  new ResizeObserver(() => stays && (list.scrollTop = list.scrollHeight)).observe(list);
}

// Put a message at the end: before those that wait, when it does not wait itself.
export function append(element) {
  const list = at("messages");
  const follows = element.classList.contains("waiting") ? null : list.querySelector(".waiting");
  const above = follows ? follows.previousElementSibling : list.lastElementChild;
  const isOwn = element.classList.contains("waiting");
  const atEnd = isOwn || isAtEnd(list);
  element.classList.toggle("again", element.dataset.by !== undefined && above?.dataset.by === element.dataset.by);
  list.insertBefore(element, follows);
  if (atEnd) list.scrollTop = list.scrollHeight;
}

export function fitComposer() {
  const box = at("text");
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight + 2}px`;
}

// The words for those who would rather come with something else; over TLS where more than a name is asked for.
export function showWays({ protocol, hostname, host, port }) {
  const here = protocol === "https:";
  const tls = here || (!window.isSecureContext && document.body.dataset.access !== "open");
  const number = port || (here ? 443 : 80);
  const bare = hostname.replace(/^\[|\]$/g, "");
  const netcat = tls ? `openssl s_client -quiet -connect ${hostname}:${number}` : `nc ${bare} ${number}`;
  at("way-terminal").textContent = netcat;
  at("way-irc").textContent = `/connect ${tls ? "-tls " : ""}${bare} ${number}`;
  at("way-script").textContent = tls ? `printf 'hello\\nbye\\n' | ${netcat}` : `echo hello | nc -N ${bare} ${number}`;
  at("way-socket").textContent = `${tls ? "wss" : "ws"}://${here ? host : `${hostname}:${number}`}/ws`;
}

// What one's list of devices calls this browser.
export function device() {
  const { userAgent: agent, platform } = navigator;
  const browser = ["Firefox", "Edg", "OPR", "Chrome", "Safari"].find((name) => agent.includes(`${name}/`)) ?? "browser";
  const known = { Edg: "Edge", OPR: "Opera", Chrome: "Chrome" };
  const system = /Android|iPhone|iPad|Windows|Mac|Linux/.exec(agent)?.[0] ?? platform;
  return `${known[browser] ?? browser} on ${system || "some system"}`.slice(0, 64);
}

at("notice-close").onclick = hideNotice;
stayAtEnd(at("messages"));
