// Where one is logged in: the browsers and programs that come in as oneself, each of which can be logged out.

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
}

export async function showDevices() {
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
