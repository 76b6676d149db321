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
  list.replaceChildren(...[...unsent, ...kept].map(line));
}

function line(item) {
  const shown = row.content.cloneNode(true).querySelector("li");
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
  if (item.state === "refused") refused(item, shown);
  const again = find("again", shown);
  again.hidden = !["waiting", "refused"].includes(item.state);
  again.addEventListener("click", () => retry([item]));
  return shown;
}

function refused(item, shown) {
  find("problem", shown).hidden = false;
  find("sentence", shown).textContent = [item.problem.sentence, ...Object.values(item.problem.fields ?? {})].join(" ");
  find("todo", shown).textContent = item.answer ? words.todoPhoto : item.problem.code === "visit_id_reused" ? words.todoReused : words.todoMend;
  const mend = find("mend", shown);
  mend.hidden = !item.fields;
  const place = item.business.code ? `code/${item.business.code}` : item.business.credit_code;
  mend.href = `/m/visit/${place}/?mend=${item.id}`;
  const drop = find("drop", shown);
  drop.hidden = false;
  drop.addEventListener("click", async () => {
    const said = await ask(words.dropTitle, item.answer ? words.dropPhotoText : words.dropText, [["", words.keep, "primary"], ["go", words.drop, "danger"]]);
    if (said === "go") await discard([item.id]);
  });
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
  find("export").addEventListener("click", async () => { find("exported").textContent = say(words.exported, await handOut()); });
  const saved = new URLSearchParams(location.search).get("saved");
  if (saved && (await read()).mine.some((item) => item.id === saved)) find("saved").hidden = false;
  await paint();
  setInterval(paint, 30_000);
  const isPersisted = await navigator.storage?.persisted?.();
  find("fragile").hidden = isPersisted !== false || !(await read()).unsent.length;
  return undefined;
}

start().catch((failure) => console.warn(failure));
