// A half-filled form survives a dead battery: kept while it is filled in, brought back when the same door is opened again.
import { all, answer, get, remove, within } from "./store.js";
import { clock, say, words } from "./who.js";

const AFTER_MS = 400;
const LONGEST_MS = 3 * 24 * 3600_000;
const SAME_VISIT_MS = 2 * 3600_000; // later, or on another day, it is another visit to that door
const SIGNED = ["scopes", "recipients", "signed_name", "signature_png"];
const OF_THE_MOMENT = [...SIGNED, "lat", "lon", "accuracy_m"];
const NOT_KEPT = ["csrfmiddlewaretoken", "notice_version", "id", "started_at"];

// As filled in, field by field: `FormData` would give the note with the answers that became part of it.
export const fieldsOf = (form) => [...form.elements]
  .filter(({ name, type, checked }) => name && type !== "file" && !NOT_KEPT.includes(name) && (!["radio", "checkbox"].includes(type) || checked))
  .map(({ name, value }) => [name, value]);

export function fillIn(form, fields) {
  const values = new Map();
  for (const [name, value] of fields) values.set(name, [...(values.get(name) ?? []), value]);
  for (const element of form.elements) {
    if (!element.name || NOT_KEPT.includes(element.name) || element.type === "file") continue;
    const said = values.get(element.name) ?? [];
    if (["radio", "checkbox"].includes(element.type)) element.checked = said.includes(element.value);
    else if (said.length) element.value = said[0];
  }
  form.querySelector("input[name=outcome]:checked")?.dispatchEvent(new Event("change", { bubbles: true }));
  for (const element of form.querySelectorAll("select")) element.dispatchEvent(new Event("change", { bubbles: true }));
}

// Without what the owner ticked and signed.
export const unsigned = (fields) => fields.filter(([name]) => !SIGNED.includes(name));

// What took somebody a while: one tap on an outcome and leaving again is no work to be brought back.
const QUICK = ["outcome", "mode", "lat", "lon", "accuracy_m"];
const worth = (fields) => JSON.stringify(fields.filter(([name, value]) => !QUICK.includes(name) && value.trim()));

// Keeps what is typed from now on; answers a function that ends it.
export function keep(form, key, visit) {
  let timer;
  let isOver = false;
  let isTouched = false;
  const atFirst = worth(fieldsOf(form));
  const write = () => {
    clearTimeout(timer);
    timer = undefined; // nothing new to write when the page is left
    if (isOver) return;
    if ("photosBusy" in form.dataset) { soon(); return; } // large still; a moment later they are small
    const { value } = form.elements.notice_version;
    const fields = fieldsOf(form);
    const photos = [...(form.elements.photos?.files ?? [])];
    if (!isTouched && !photos.length && worth(fields) === atFirst) return;
    isTouched = true;
    const draft = { key, id: visit.id, started_at: visit.startedAt, at: Date.now(), notice_version: value, fields };
    put({ ...draft, photos }).catch(() => put(draft)).catch(() => {}); // a full phone keeps the words at least
  };
  const soon = () => { clearTimeout(timer); timer = setTimeout(write, AFTER_MS); };
  for (const name of ["input", "change", "pointerup"]) form.addEventListener(name, soon);
  const leave = () => { if (timer) write(); };
  document.addEventListener("visibilitychange", leave);
  window.addEventListener("pagehide", leave);
  return () => { isOver = true; clearTimeout(timer); timer = undefined; };
}

// Not when another tab has made a visit of it, nor when its officer has signed out there meanwhile.
const put = (draft) => within(["drafts", "outbox", "meta"], async (in_) => {
  const me = await answer(in_.meta.get("me"));
  const made = await answer(in_.outbox.get(draft.id));
  if (!made && draft.key.startsWith(`${me?.officer.id}:`)) await answer(in_.drafts.put(draft));
});

const day = (moment) => new Date(moment).toLocaleDateString("en-CA", { timeZone: "Asia/Shanghai" });
const isSameVisit = ({ started_at }) => Math.abs(Date.now() - Date.parse(started_at)) < SAME_VISIT_MS && day(started_at) === day(Date.now());

// The photos into their field again, as if they were just chosen; whether that could be done.
function putBack(form, photos) {
  const field = form.elements.photos;
  if (!field) return false;
  const all = new DataTransfer();
  for (const photo of photos) all.items.add(photo);
  field.files = all.files;
  field.dispatchEvent(new Event("change", { bubbles: true }));
  return field.files.length > 0;
}

// The draft of this door, if there is one of the last days: filled in and said so, with a way to begin anew. What the
// owner ticked and signed comes back into the same visit under the same notice only. Answers the draft where it is of the
// same visit, so that id and beginning stay; else null.
export async function bringBack(form, key, stop) {
  const draft = await get("drafts", key);
  if (!draft || isOld(draft)) return null;
  if (await get("outbox", draft.id)) { await remove("drafts", key); return null; }
  const isSame = isSameVisit(draft);
  const isRead = isSame && draft.notice_version === form.elements.notice_version.value;
  const left = isSame ? (isRead ? [] : SIGNED) : OF_THE_MOMENT;
  fillIn(form, draft.fields.filter(([name]) => !left.includes(name)));
  const wasPictured = draft.photos?.length && !(isSame && putBack(form, draft.photos));
  const wasSigned = draft.fields.some(([name, value]) => SIGNED.includes(name) && value.trim());
  const bar = document.querySelector("[data-draft]");
  bar.querySelector("[data-draft-word]").textContent = say(words.draftBack, clock(draft.at)) + (wasSigned && !isRead ? ` ${words.signAgain}` : "") + (wasPictured ? ` ${words.photosAgain}` : "");
  bar.hidden = false;
  bar.querySelector("button").addEventListener("click", async () => { stop(); await remove("drafts", key); location.reload(); });
  return isSame ? draft : null;
}

const isOld = ({ at }) => Math.abs(Date.now() - at) > LONGEST_MS;

// Whoever's they are: what an owner said in confidence does not stay on a phone for good.
export async function clearDrafts() {
  for (const draft of await all("drafts")) if (isOld(draft)) await remove("drafts", draft.key);
}
