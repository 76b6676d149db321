// A half-filled form survives a dead battery: kept while it is filled in, brought back when the same door is opened again.
import { get, put, remove } from "./store.js";
import { clock, say, words } from "./who.js";

const AFTER_MS = 400;
const LONGEST_MS = 3 * 24 * 3600_000;
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

// Keeps what is typed from now on; answers a function that ends it.
export function keep(form, key, visit) {
  let timer;
  let isOver = false;
  const write = () => {
    clearTimeout(timer);
    if (!isOver) put("drafts", { key, id: visit.id, started_at: visit.startedAt, at: Date.now(), fields: fieldsOf(form) }).catch(() => {});
  };
  const soon = () => { clearTimeout(timer); timer = setTimeout(write, AFTER_MS); };
  for (const name of ["input", "change", "pointerup"]) form.addEventListener(name, soon);
  const leave = () => { if (timer) write(); };
  document.addEventListener("visibilitychange", leave);
  window.addEventListener("pagehide", leave);
  return () => { isOver = true; clearTimeout(timer); };
}

// The draft of this door, if there is one of the last days: filled in and said so, with a way to begin anew.
export async function bringBack(form, key) {
  const draft = await get("drafts", key);
  if (!draft || Date.now() - draft.at > LONGEST_MS) return null;
  fillIn(form, draft.fields);
  const bar = document.querySelector("[data-draft]");
  bar.querySelector("[data-draft-word]").textContent = say(words.draftBack, clock(draft.at));
  bar.hidden = false;
  bar.querySelector("button").addEventListener("click", async () => { await remove("drafts", key); location.reload(); });
  return draft;
}
