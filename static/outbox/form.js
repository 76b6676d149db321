// The visit form with JavaScript has one way, with network or without: into the phone first, then to the server.
import { ask } from "./ask.js";
import { bodyOf, problemsOf, show } from "./body.js";
import { find } from "./day.js";
import { bringBack, fieldsOf, fillIn, keep } from "./draft.js";
import { add, discard, read, update } from "./items.js";
import { flush } from "./send.js";
import { get } from "./store.js";
import { clock, isKept, me, newId, say, words } from "./who.js";
import { fillBusiness, placeOf } from "./place.js";

const WAIT_MS = 8_000; // for an answer, before a person at a door is let go
const SAME_VISIT_MS = 10 * 60_000;
const form = document.querySelector("form[data-visit-form]");
const button = document.querySelector("button[form=visit-form][type=submit]");

async function start() {
  const officer = await me();
  const place = placeOf(location);
  if (!officer || !place || !("indexedDB" in window)) return; // a door typed wrongly, or the plain form
  const isFrame = isKept || location.pathname === "/m/visit/offline/";
  const business = { ...place, ...(isFrame ? {} : shown()), ...(await find(place)) };
  if (isFrame) fillBusiness(business);
  form.before(document.querySelector("#form-bars").content.cloneNode(true));
  const visit = { id: newId(), startedAt: new Date().toISOString() };
  const key = `${officer.id}:${place.credit_code || place.code}`;
  const mended = new URLSearchParams(location.search).get("mend");
  const item = mended && (await get("outbox", mended));
  if (item?.officer === officer.id && item.fields) {
    fillIn(form, item.fields);
    Object.assign(visit, { id: item.problem?.code === "visit_id_reused" ? newId() : item.id, startedAt: item.body.started_at });
    show(form, item.problem?.fields ?? {}, item.problem?.sentence);
  } else {
    const draft = await bringBack(form, key);
    if (draft) Object.assign(visit, { id: draft.id, startedAt: draft.started_at });
  }
  const stop = keep(form, key, visit);
  form.addEventListener("submit", (event) => {
    if (event.submitter?.name === "plain") return;
    event.preventDefault();
    submit({ officer, place, business, visit, key, stop, before: item }).catch(plain);
  });
  form.dataset.ready = "";
}

const shown = () => ({
  name: document.querySelector("[data-business-name]")?.textContent.trim() ?? "",
  credit_code: document.querySelector("[data-business-code]")?.textContent.trim() ?? "",
});

async function submit({ officer, place, business, visit, key, stop, before }) {
  const problems = problemsOf(form);
  show(form, problems);
  if (Object.keys(problems).length || isBusy()) return;
  if (await isSecond(place, business, visit)) return;
  busy(true);
  const body = bodyOf(form, place, visit.id, visit.startedAt);
  const item = {
    id: visit.id, officer: officer.id, made_at: Date.now(), body, fields: fieldsOf(form), outcome: body.outcome,
    business: { name: business.name ?? "", credit_code: business.credit_code ?? "", code: place.code ?? "" },
    state: "waiting", attempts: 0, next_at: 0, is_urgent: true,
  };
  const photos = (await form.collectPhotos?.()) ?? [];
  await add(item, photos.map((blob) => ({ id: newId(), blob })), key);
  stop();
  if (before && before.id !== item.id) await discard([before.id]);
  await Promise.race([flush(), new Promise((resolve) => setTimeout(resolve, WAIT_MS))]);
  await after(item, visit);
}

// Accepted: on to the visit. Refused: the form is still here to be mended. Neither: it is safe in the outbox.
async function after(item, visit) {
  const now = await get("outbox", item.id);
  if (now?.answer) return location.assign(`/m/visits/${item.id}/?done=1`);
  if (now?.state === "refused") {
    busy(false);
    show(form, now.problem.fields, now.problem.sentence);
    form.dispatchEvent(new CustomEvent("visit-refused", { detail: now.problem }));
    if (now.problem.code === "visit_id_reused") visit.id = newId();
    return undefined;
  }
  await update(item.id, { is_urgent: false });
  if (navigator.serviceWorker?.controller) return location.assign(`/m/outbox/?saved=${item.id}`);
  busy(false);
  button.disabled = true; // plain http: no page can be opened without network, so this one says it
  show(form, {}, words.savedHere);
  return undefined;
}

// The same door within minutes: a form that came back by the back button would be a visit nobody made.
async function isSecond(place, business, visit) {
  const { mine } = await read();
  const since = Date.now() - SAME_VISIT_MS;
  const same = (one) => (business.credit_code && one.business.credit_code === business.credit_code) || (place.code && one.business.code === place.code);
  const first = mine.find((one) => one.id !== visit.id && one.made_at > since && one.state !== "refused" && same(one));
  if (!first) return false;
  const at = clock(first.made_at);
  const said = await ask(say(words.secondTitle, at), words.secondText, [["go", words.secondGo], ["", words.secondStop, "primary"]]);
  return said !== "go";
}

const isBusy = () => button.getAttribute("aria-busy") === "true";

function busy(is) {
  if (is) { button.dataset.label = button.textContent; button.textContent = button.dataset.busy || button.textContent; }
  else if (button.dataset.label) button.textContent = button.dataset.label;
  button.setAttribute("aria-busy", String(is));
}

// The phone could not keep it (full, or private browsing): the form goes the way it goes without scripts.
function plain(failure) {
  console.warn(failure);
  busy(false);
  form.submit();
}

window.addEventListener("pageshow", (event) => { if (event.persisted && button) busy(false); });
if (form) start().catch(() => {});
