// Where one is logged in: the browsers and programs that come in as oneself, each of which can be logged out. A program
// that cannot ask for a token by itself is given one, which is shown until the dialog is closed.

import { at, make } from "./view.js";

let asks = null;

export function openDevices(given) {
  asks = given;
  at("devices-close").onclick = () => at("devices").close();
  at("devices-list").onclick = async ({ target }) => {
    const { device } = target.dataset;
    if (!device) return;
    target.disabled = true;
    list(await asks.revoke(device));
  };
  at("devices").onclose = () => {
    at("token-form").reset();
    at("token").textContent = "";
  };
  at("token-form").onsubmit = async (event) => {
    event.preventDefault();
    const { for: what, password } = at("token-form").elements;
    at("token-make").disabled = true; // a password takes its time
    const reply = await asks.add(what.value, password.value);
    at("token-make").disabled = false;
    at("token").textContent = reply.token ?? "";
    if (reply.ok) at("token-form").reset();
    list(reply);
  };
}

// Tokens are for accounts; a guest has nothing else than the browsers.
export async function showDevices(isAccount) {
  at("token-form").hidden = !isAccount;
  at("devices-list").replaceChildren();
  at("devices").showModal();
  list({ ok: true });
}

// All of them as they are now; a refusal of what was asked before stays on the page.
async function list(asked) {
  const reply = await asks.list();
  at("devices-complaint").textContent = asked.ok ? (reply.ok ? "" : reply.hint) : asked.hint;
  if (reply.ok) at("devices-list").replaceChildren(...(reply.devices ?? []).map(entry));
}

function entry({ id, name, used_at: used, current }) {
  const item = make("li");
  const what = make("span", "device", name || "A device without a name");
  what.append(make("span", "quiet", current ? "this one" : `last used ${new Date(used).toLocaleString([], { dateStyle: "medium", timeStyle: "short" })}`));
  item.append(what);
  if (!current) {
    const button = Object.assign(make("button", "plain", "Log out"), { type: "button" });
    button.dataset.device = id;
    button.setAttribute("aria-label", `Log out ${name}`);
    item.append(button);
  }
  return item;
}
