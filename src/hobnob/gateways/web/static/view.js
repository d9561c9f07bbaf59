// What the page shows. What others wrote reaches the document by textContent alone.

export const at = (id) => document.getElementById(id);

// mIRC colours and the other formatting codes, which mean nothing here.
const FORMATTING = /\x03(?:\d{1,2}(?:,\d{1,2})?)?|\x04(?:[0-9a-f]{6}(?:,[0-9a-f]{6})?)?|[\x02\x0f\x11\x16\x1d-\x1f]/gi;
const ADDRESS = /(https?:\/\/[^\s<>"]+)/;

export function say(words, kind = "") {
  at("state").textContent = words;
  at("state").className = kind;
}

export function showDoor(complaint) {
  at("door").hidden = false;
  at("chat").hidden = true;
  at("complaint").textContent = complaint;
  say("");
  at("name").focus();
}

export function showChat(server) {
  at("server").textContent = server;
  at("door").hidden = true;
  at("chat").hidden = false;
  if (!matchMedia("(pointer: coarse)").matches) at("text").focus();
}

export function showRoom({ name, topic }, unread) {
  at("topic").textContent = topic ? `#${name} · ${topic}` : `#${name}`;
  document.title = unread ? `(${unread}) #${name}` : `#${name}`;
}

export function showPeople(members, you) {
  const here = members.filter((one) => one.attached).sort((a, b) => a.name.localeCompare(b.name));
  at("people").replaceChildren(
    ...here.map((one) => make("li", one.state ?? "", one.id === you.id ? `${one.name} (you)` : one.name)),
  );
}

function make(tag, className, text = "") {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
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

// Put a message at the end: before those that wait, when it does not wait itself.
export function append(element) {
  const list = at("messages");
  const follows = element.classList.contains("waiting") ? null : list.querySelector(".waiting");
  const above = follows ? follows.previousElementSibling : list.lastElementChild;
  const isOwn = element.classList.contains("waiting");
  const atEnd = isOwn || list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  element.classList.toggle("again", above?.dataset.by === element.dataset.by);
  list.insertBefore(element, follows);
  if (atEnd) list.scrollTop = list.scrollHeight;
}

export function fitComposer() {
  const box = at("text");
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight + 2}px`;
}

// The words for those who would rather come with something else.
export function showWays({ protocol, hostname, host, port }) {
  const tls = protocol === "https:";
  const number = port || (tls ? 443 : 80);
  const bare = hostname.replace(/^\[|\]$/g, "");
  const netcat = tls ? `openssl s_client -quiet -connect ${hostname}:${number}` : `nc ${bare} ${number}`;
  at("way-terminal").textContent = netcat;
  at("way-irc").textContent = `/connect ${tls ? "-tls " : ""}${bare} ${number}`;
  at("way-script").textContent = tls ? `printf 'hello\\nbye\\n' | ${netcat}` : `echo hello | nc -N ${bare} ${number}`;
  at("way-socket").textContent = `${tls ? "wss" : "ws"}://${host}/ws`;
  at("insecure").hidden = tls || /^(localhost|127\..*|\[::1\])$/.test(hostname);
}
