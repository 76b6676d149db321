// Signing out wipes this person's things from the phone, after a warning about what has not been sent.
import { ask } from "./ask.js";
import { handOut } from "./hand-out.js";
import { read } from "./items.js";
import { flush } from "./send.js";
import { all, answer, within } from "./store.js";
import { me, say, token, words } from "./who.js";

export async function signOut(event) {
  event.preventDefault();
  const form = event.target;
  await flush({ isAsked: true }).catch(() => {});
  let isSure = false;
  let isWhole = false;
  while (!isSure) {
    const { unsent, others } = await read();
    if (!unsent.length && !others.length) break;
    const tick = others.length ? othersToo(others.length) : null;
    const choices = [["", words.stay, "primary"]];
    if (unsent.length) choices.push(["export", words.exportFirst, ""]);
    choices.push(["go", unsent.length ? words.wipeAndLeave : words.leave, unsent.length ? "danger" : ""]);
    const title = unsent.length ? say(words.leaveTitle, unsent.length) : words.leaveOthers;
    const said = await ask(title, unsent.length ? words.leaveText : words.leaveOthersText, choices, tick);
    if (said === "export") { await handOut(); continue; }
    if (said !== "go") return;
    isSure = true;
    isWhole = Boolean(tick?.querySelector("input").checked);
  }
  if (await leave(form)) {
    await wipe({ isWhole });
    location.replace("/sign-in/");
  }
}

// The server first: a phone that only looks signed out would be worse than one that says it could not.
async function leave(form) {
  try {
    const answer = await fetch(form.action, { method: "POST", credentials: "same-origin", redirect: "manual", headers: { "X-CSRFToken": token() } });
    if (answer.type === "opaqueredirect" || answer.ok) return true;
  } catch { /* said below */ }
  await ask(words.leaveFailed, words.leaveFailedText, [["", words.stay, "primary"]]);
  return false;
}

function othersToo(count) {
  const label = document.createElement("label");
  label.className = "choice";
  const box = document.createElement("input");
  box.type = "checkbox";
  const text = document.createElement("span");
  text.textContent = say(words.wipeOthers, count);
  label.append(box, text);
  return label;
}

export async function wipe({ isWhole }) {
  const officer = await me();
  const isMine = (row) => isWhole || row.officer === officer?.id;
  const drafts = (await all("drafts")).filter((draft) => isWhole || draft.key.startsWith(`${officer?.id}:`)).map((draft) => draft.key);
  const outbox = (await all("outbox")).filter(isMine).map((item) => item.id);
  const photos = (await all("photos")).filter(isMine).map((photo) => photo.id);
  await within(["outbox", "photos", "drafts", "day", "meta"], (in_) => {
    for (const [name, keys] of Object.entries({ outbox, photos, drafts })) for (const key of keys) in_[name].delete(key);
    in_.meta.clear();
    return answer(in_.day.clear());
  });
  if ("caches" in window) await Promise.all((await caches.keys()).filter((name) => name.startsWith("doorstep-")).map((name) => caches.delete(name)));
}
