// The outbox: everything of this person that is on the phone, what state it is in, and what to do about it.
import { ask } from "./ask.js";
import { handOut } from "./hand-out.js";
import { discard, isUnsent, read, update, whenChanged } from "./items.js";
import { flush, standing } from "./send.js";
import { all, put } from "./store.js";
import { ago, clock, me, say, words } from "./who.js";

const box = document.querySelector("[data-outbox]");
const list = box.querySelector("[data-outbox-list]");
const row = document.querySelector("#outbox-item");
const find = (name, within = box) => within.querySelector(`[data-outbox-${name}]`);

async function paint() {
  const { officer, mine, unsent, others } = await read();
  const kept = mine.filter((item) => !isUnsent(item)).reverse();
  find("nobody").hidden = Boolean(officer);
  find("empty").hidden = !officer || mine.length > 0;
  find("sum").hidden = !unsent.length;
  find("sum-word").textContent = say(words.sum, unsent.length);
  find("sum-age").textContent = unsent.length ? say(words.oldest, ago(unsent[0].made_at)) : "";
  find("standing").textContent = { offline: words.offline, busy: words.busy }[standing] ?? "";
  find("others").hidden = !others.length;
  find("others-word").textContent = say(words.othersLong, others.length);
  draw([...unsent, ...kept]);
}

// Lines stay where they are and change what they say: whoever is about to tap one, or has the focus in it, keeps it.
function draw(items) {
  const lines = new Map([...list.children].map((line) => [line.dataset.visit, line]));
  for (const [at, item] of items.entries()) {
    const shown = lines.get(item.id) ?? row.content.cloneNode(true).querySelector("li");
    lines.delete(item.id);
    fill(shown, item);
    if (list.children[at] !== shown) list.insertBefore(shown, list.children[at] ?? null);
  }
  for (const line of lines.values()) line.remove();
}

function fill(shown, item) {
  const state = item.state === "waiting" && item.answer ? "photos" : item.state;
  shown.dataset.state = item.state;
  shown.dataset.visit = item.id;
  find("name", shown).textContent = item.business.name || item.business.credit_code || item.business.code;
  const what = words[`outcome${item.outcome[0].toUpperCase()}${item.outcome.slice(1).replace("_", "")}`] ?? item.outcome;
  find("meta", shown).textContent = [what, clock(item.made_at)].join(" · ");
  for (const label of shown.querySelectorAll("[data-state-label]")) label.hidden = label.dataset.stateLabel !== state;
  find("age", shown).textContent = isUnsent(item) ? ago(item.made_at) : "";
  find("answer", shown).textContent = item.answer?.case ? say(words.caseNumber, item.answer.case) : "";
  const link = find("open", shown);
  link.hidden = !item.answer;
  link.href = `/m/visits/${item.id}/`;
  for (const name of ["problem", "mend", "drop"]) find(name, shown).hidden = true;
  if (item.state === "refused") refused(item, shown);
  const again = find("again", shown);
  again.hidden = !["waiting", "refused"].includes(item.state);
  again.onclick = () => retry([item]);
}

function refused(item, shown) {
  find("problem", shown).hidden = false;
  find("sentence", shown).textContent = [item.problem.sentence, ...Object.values(item.problem.fields ?? {})].join(" ");
  find("todo", shown).textContent = item.answer ? words.todoPhoto : item.problem.code === "visit_id_reused" ? words.todoReused : words.todoMend;
  const mend = find("mend", shown);
  mend.hidden = !item.fields;
  mend.href = mendAt(item);
  const drop = find("drop", shown);
  drop.hidden = false;
  drop.onclick = async () => {
    const said = await ask(words.dropTitle, item.answer ? words.dropPhotoText : words.dropText, [["", words.keep, "primary"], ["go", words.drop, "danger"]]);
    if (said === "go") await discard([item.id]);
  };
}

// The form of the same door, unless it was the door that was refused: then by the firm, or asking which one.
function mendAt({ id, business, body, problem }) {
  const isUnknown = problem.code === "not_found";
  const isCode = !isUnknown && !problem.code.startsWith("code_") && business.code;
  const place = isCode ? `code/${business.code}` : (!isUnknown && business.credit_code) || "offline";
  return `/m/visit/${place}/?mend=${id}${isCode && body?.is_code_typed ? "&typed=1" : ""}`;
}

async function retry(items) {
  for (const item of items) {
    for (const photo of (await all("photos")).filter((one) => one.visit === item.id && one.is_refused)) await put("photos", { ...photo, is_refused: false });
    await update(item.id, { state: "waiting", next_at: 0, problem: null, photo_problem: null });
  }
  await flush({ isAsked: true });
  await paint();
}

async function start() {
  if (!(await me())) return paint();
  whenChanged(paint);
  find("all").addEventListener("click", async () => retry((await read()).unsent.filter((item) => item.state === "waiting")));
  find("export").addEventListener("click", async () => {
    find("exported").textContent = await handOut().catch((failure) => { console.warn(failure); return words.exportFailed; });
  });
  const saved = new URLSearchParams(location.search).get("saved");
  if (saved && (await read()).mine.some((item) => item.id === saved)) find("saved").hidden = false;
  await paint();
  setInterval(paint, 30_000);
  const isPersisted = await navigator.storage?.persisted?.();
  find("fragile").hidden = isPersisted !== false || !(await read()).unsent.length;
  return undefined;
}

start().catch((failure) => console.warn(failure));
