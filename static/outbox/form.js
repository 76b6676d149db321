// The visit form with JavaScript has one way, with network or without: into the phone first, then to the server.
import { ask } from "./ask.js";
import { bodyOf, problemsOf, show } from "./body.js";
import { find } from "./day.js";
import { bringBack, fieldsOf, fillIn, keep, unsigned } from "./draft.js";
import { Taken, add, photosKept, read, update, whenChanged } from "./items.js";
import { flush } from "./send.js";
import { get } from "./store.js";
import { clock, isKept, me, newId, say, words } from "./who.js";
import { fillBusiness, placeOf } from "./place.js";

const WAIT_MS = 8_000; // for an answer, before a person at a door is let go
const SAME_VISIT_MS = 10 * 60_000;
const MOST_PHOTOS = 3;
const form = document.querySelector("form[data-visit-form]");
const button = document.querySelector("button[form=visit-form][type=submit]");

const isFrame = isKept || location.pathname === "/m/visit/offline/";

async function start() {
  const officer = await me();
  const place = placeOf(location);
  if (!officer || !place || !("indexedDB" in window)) return; // a door typed wrongly, or the plain form
  const mended = new URLSearchParams(location.search).get("mend");
  const item = mended && (await get("outbox", mended));
  const isMine = item?.officer === officer.id;
  if (isMine && item.state !== "refused") { location.replace("/m/outbox/"); return; } // sent again meanwhile
  const business = { ...place, ...(isFrame ? {} : shown()), ...(await find(place)) };
  if (isFrame) fillBusiness(business);
  form.before(document.querySelector("#form-bars").content.cloneNode(true));
  const visit = { id: newId(), startedAt: new Date().toISOString(), files: new Map() };
  const its = { officer, place, business, visit, key: `${officer.id}:${place.credit_code || place.code}`, stop: () => {} };
  if (isMine && item.fields) {
    takeUp(item, visit);
    const isUnread = Boolean(item.problem?.fields?.["consent.notice_version"]);
    fillIn(form, isUnread ? unsigned(item.fields) : item.fields);
    show(form, item.problem?.fields ?? {}, [item.problem?.sentence, isUnread && words.signAgain].filter(Boolean).join(" "));
  } else {
    const draft = await bringBack(form, its.key, () => its.stop());
    if (draft) Object.assign(visit, { id: draft.id, startedAt: draft.started_at });
    its.stop = keep(form, its.key, visit);
  }
  form.addEventListener("submit", (event) => {
    if (event.submitter?.name === "plain") return;
    event.preventDefault();
    if (!isBusy() && !form.inert) submit(its);
  });
  form.dataset.ready = "";
}

// From here on the form is about what is in the outbox, refused: the same visit, which was when it was.
function takeUp(item, visit) {
  const { started_at: startedAt, ended_at: endedAt, consent } = item.body;
  Object.assign(visit, { id: item.id, startedAt, endedAt, consent, madeAt: item.made_at, wasOffline: item.is_offline, mends: item.id, isReused: item.problem?.code === "visit_id_reused" });
}

const shown = () => ({
  name: document.querySelector("[data-business-name]")?.textContent.trim() ?? "",
  credit_code: document.querySelector("[data-business-code]")?.textContent.trim() ?? "",
});

async function submit(its) {
  const { visit } = its;
  const problems = problemsOf(form);
  show(form, problems);
  if (Object.keys(problems).length) return;
  busy(true);
  let item;
  try {
    item = (await isWanted(its)) && (await store(its));
  } catch (failure) {
    notKept(failure, its);
    return;
  }
  if (!item) { busy(false); return; }
  // It is the outbox's now. Whatever happens from here on, nobody else sends it.
  try {
    await Promise.race([settled(item.id), flush(), new Promise((resolve) => setTimeout(resolve, WAIT_MS))]);
    await after(item, visit);
  } catch (failure) {
    console.warn(failure);
    leave(item.id);
  }
}

// The item, once it is in the phone; null where the photos are too many.
async function store({ officer, place, business, visit, key, stop }) {
  const photos = await photosOf(visit);
  if (!photos) return null;
  const make = () => ({
    id: visit.id, officer: officer.id, made_at: visit.madeAt ?? Date.now(), body: bodyOf(form, place, visit), fields: fieldsOf(form),
    outcome: form.elements.outcome.value, business: { name: business.name ?? "", credit_code: business.credit_code ?? "", code: place.code ?? "" },
    state: "waiting", attempts: 0, next_at: 0, is_urgent: true, is_offline: isKept || Boolean(visit.wasOffline),
  });
  stop(); // before the visit is written, or the draft would come after it
  const how = { draft: visit.mends ? null : key, mends: visit.mends, gone: [...visit.files.values()].filter((id) => !photos.some((photo) => photo.id === id)) };
  try {
    const item = make();
    await add(item, photos, how);
    return item;
  } catch (failure) {
    if (!(failure instanceof Taken) || visit.mends) throw failure;
    visit.id = newId(); // the same draft, sent from another tab: this one is another visit
    const item = make();
    await add(item, photos, how);
    return item;
  }
}

// [{id, blob}]; a photo keeps its id when the form is sent again. null, and said so, where there are more than a visit takes.
async function photosOf(visit) {
  const files = (await form.collectPhotos?.()) ?? [];
  for (const file of files) if (!visit.files.has(file)) visit.files.set(file, newId());
  const mine = [...visit.files.values()];
  const earlier = visit.mends ? (await photosKept(visit.mends)).filter((photo) => !mine.includes(photo.id)).length : 0;
  if (files.length && earlier + files.length > MOST_PHOTOS) { show(form, { photos: say(words.photosFull, earlier) }); return null; }
  return files.map((file) => ({ id: visit.files.get(file), blob: file }));
}

// When the server has said what becomes of it, photos and all.
const settled = (id) => new Promise((resolve) => whenChanged(async () => {
  const now = await get("outbox", id).catch(() => null);
  if (now && ["received", "refused"].includes(now.state)) resolve();
}));

// Accepted: on to the visit. Refused: the form is still here to be mended. Neither: it is safe in the outbox.
async function after(item, visit) {
  const now = await get("outbox", item.id);
  if (now?.answer) { location.assign(`/m/visits/${item.id}/?done=1`); return; }
  if (now?.state === "refused") {
    busy(false);
    takeUp(now, visit);
    show(form, now.problem.fields, now.problem.sentence);
    form.dispatchEvent(new CustomEvent("visit-refused", { detail: now.problem }));
    return;
  }
  await update(item.id, { is_urgent: false });
  leave(item.id);
}

// Plain http has no worker, and so no page that could be opened without network: this one says it, and is over for good.
function leave(id) {
  if (navigator.serviceWorker?.controller) { location.assign(`/m/outbox/?saved=${id}`); return; }
  busy(false);
  form.inert = true;
  button.disabled = true;
  delete button.dataset.needsOutcome; // static/visit-form.js would wake it when the network is back
  show(form, {}, words.savedHere);
}

// The same door within minutes: a form that came back by the back button would be a visit nobody made. And an id that the
// server knows already: most likely this very visit.
async function isWanted({ place, business, visit }) {
  const isYes = async (title, text) => (await ask(title, text, [["go", words.secondGo], ["", words.secondStop, "primary"]])) === "go";
  if (visit.isReused) {
    if (!(await isYes(words.reusedTitle, words.reusedText))) return false;
    Object.assign(visit, { id: newId(), isReused: false });
    return true;
  }
  const { mine } = await read();
  const same = (one) => (business.credit_code && one.business.credit_code === business.credit_code) || (place.code && one.business.code === place.code);
  const first = mine.find((one) => one.id !== visit.mends && Math.abs(Date.now() - one.made_at) < SAME_VISIT_MS && same(one));
  return !first || isYes(say(words.secondTitle, clock(first.made_at)), first.state === "refused" ? words.secondRefused : words.secondText);
}

const isBusy = () => button.getAttribute("aria-busy") === "true";

function busy(is) {
  if (is) { button.dataset.label = button.textContent; button.textContent = button.dataset.busy || button.textContent; }
  else if (button.dataset.label) button.textContent = button.dataset.label;
  button.setAttribute("aria-busy", String(is));
}

// The phone could not keep it (full, or private browsing): the form goes the way it goes without scripts. A page out of
// the phone's memory and one that mends cannot: the one has no visit of its own, the other would leave its visit behind.
function notKept(failure, its) {
  console.warn(failure);
  const { visit, key } = its;
  busy(false);
  if (failure instanceof Taken) { location.assign("/m/outbox/"); return; } // what was to be mended is on its way
  if (isFrame || visit.mends || !navigator.onLine) {
    show(form, {}, words.notKept);
    if (!visit.mends) { its.stop(); its.stop = keep(form, key, visit); }
    return;
  }
  form.elements.id.value = visit.id;
  form.elements.started_at.value = `${new Date(visit.startedAt).toISOString().slice(0, 19)}Z`;
  form.submit();
}

window.addEventListener("pageshow", (event) => { if (event.persisted && button) busy(false); });
if (form) start().catch(() => {});
