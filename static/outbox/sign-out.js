// Signing out wipes this person's things from the phone, after a warning about what has not been sent. Whoever wants to
// leave can leave: a storage that fails or a send that drags on holds nobody.
import { ask } from "./ask.js";
import { handOut } from "./hand-out.js";
import { read } from "./items.js";
import { flush } from "./send.js";
import { all, answer, within } from "./store.js";
import { me, say, token, words } from "./who.js";

const SEND_MS = 8_000;
const STORAGE_MS = 8_000; // iOS now and then opens a database never
let isRunning = false; // a second tap opens no second question

export async function signOut(event) {
  event.preventDefault();
  if (isRunning) return;
  const form = event.target;
  busy(form, true);
  try {
    const wish = await asked().catch((failure) => { console.warn(failure); return "plain"; });
    if (wish === "stay") return;
    if (wish === "plain") return void form.submit(); // the phone's storage cannot be read: nothing to warn of, nothing to wipe
    if (!(await leave(form))) return;
    await atMost(STORAGE_MS, wipe({ isWhole: wish === "whole" })).catch((failure) => console.warn(failure));
    location.replace("/sign-in/");
  } finally {
    busy(form, false);
  }
}

const pause = (ms, turn) => new Promise((resolve, reject) => setTimeout(() => turn(resolve, reject), ms));
const atMost = (ms, work) => Promise.race([work, pause(ms, (_, reject) => reject(new Error("no answer from the storage")))]);

function busy(form, is) {
  isRunning = is;
  const button = form.querySelector("button");
  button.setAttribute("aria-busy", String(is));
  if (is) button.dataset.label = button.textContent;
  button.lastChild.textContent = is ? words.leaving : button.dataset.label; // the icon before it stays
}

// "stay", "go", or "whole" where what others left on the phone goes too.
async function asked() {
  await Promise.race([flush({ isAsked: true }).catch(() => {}), pause(SEND_MS, (resolve) => resolve())]);
  let exported = "";
  for (;;) {
    const { unsent, others } = await atMost(STORAGE_MS, read());
    if (!unsent.length && !others.length) return "go";
    const tick = others.length ? othersToo(others.length) : null;
    const choices = [["", words.stay, "primary"]];
    if (unsent.length) choices.push(["export", words.exportFirst, ""]);
    choices.push(["go", unsent.length ? words.wipeAndLeave : words.leave, unsent.length ? "danger" : ""]);
    const title = unsent.length ? say(words.leaveTitle, unsent.length) : words.leaveOthers;
    const text = [exported, unsent.length ? words.leaveText : words.leaveOthersText].filter(Boolean).join(" ");
    const said = await ask(title, text, choices, tick);
    if (said === "export") { exported = await handOut().catch(() => words.exportFailed); continue; }
    if (said !== "go") return "stay";
    return tick?.querySelector("input").checked ? "whole" : "go";
  }
}

// The server first: a phone that only looks signed out would be worse than one that says it could not.
async function leave(form) {
  const answer = await post(form.action).catch(() => null);
  if (answer && (answer.type === "opaqueredirect" || answer.ok)) return true;
  const title = answer ? say(words.leaveRefused, answer.status) : words.leaveFailed;
  await ask(title, answer ? words.leaveRefusedText : words.leaveFailedText, [["", words.stay, "primary"]]);
  return false;
}

async function post(address, isSecond = false) {
  const answer = await fetch(address, { method: "POST", credentials: "same-origin", redirect: "manual", headers: { "X-CSRFToken": token() } });
  if (answer.status !== 403 || isSecond) return answer;
  await fetch("/m/day.json?have=any", { credentials: "same-origin" }); // another tab signed in: its token is another one
  return post(address, true);
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
  await Promise.allSettled([wipeStores({ isWhole }), wipeFrames()]);
}

async function wipeStores({ isWhole }) {
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
}

async function wipeFrames() {
  if (!("caches" in window)) return;
  await Promise.all((await caches.keys()).filter((name) => name.startsWith("doorstep-")).map((name) => caches.delete(name)));
}
