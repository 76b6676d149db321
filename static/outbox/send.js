// Sends what waits, one tab at a time: first the visits one after another, then photos, so that a photo that does not get
// through holds nothing but itself. Whatever the answer, nothing leaves the phone before
// the server has said that it has it.
import { photosOf, read, receipt, told, update } from "./items.js";
import { until } from "../until.js";
import { change, put as keep, remove } from "./store.js";
import { me, token } from "./who.js";

const ANSWER_MS = 30_000; // and a second more for each 5 kB
const BYTES_PER_MS = 5;
const REACH_MS = 4_000;
const FIRST_PAUSE_MS = 4_000;
const LONGEST_PAUSE_MS = 10 * 60_000;
const LATE_MS = 10 * 60_000 + 5_000; // `LATE` of visits/field/rules.py, and some seconds
const LONGEST_WAIT_MS = 60 * 60_000; // whatever a server asks for; further off only a clock that was set back can be
const LEASE_MS = 60_000;
const FORM_MS = 15_000; // a visit sent within this time of 提交 came straight from the form
let timer;

// How the run stands: "" or offline | busy | signin | other. Pages show it.
export let standing = "";

// isAsked: a person wants it now. isBack: the network is there again, so what failed for want of it may go at once; what
// the server told to wait goes on waiting.
export async function flush({ isAsked = false, isBack = false } = {}) {
  const officer = await me();
  if (!officer) return;
  await alone("lease", async () => {
    if (isAsked || isBack) await hurry(isAsked);
    standing = "";
    await each((item) => !item.answer, sendVisit);
  });
  if (!["offline", "busy", "signin", "other"].includes(standing)) await alone("lease-photos", () => each((item) => item.answer, sendPhotos));
  told();
  later();
}

const isDue = ({ next_at = 0 }) => next_at <= Date.now() || next_at > Date.now() + LONGEST_WAIT_MS;

// Mine, due, the one somebody is looking at first; each is tried once. `work` answers false when nothing more gets through.
async function each(isMeant, work) {
  const seen = new Set();
  for (;;) {
    const due = (await read()).unsent.filter((item) => item.state !== "refused" && isMeant(item) && !seen.has(item.id) && isDue(item));
    const item = due.find((one) => one.is_urgent) ?? due[0];
    if (!item) return;
    seen.add(item.id);
    if (!(await update(item.id, { state: "sending" }))) continue; // deleted meanwhile
    if (!(await work(item))) return;
  }
}

async function hurry(isAsked) {
  for (const item of (await read()).unsent) if (item.next_at && (isAsked || item.cause === "offline")) await update(item.id, { next_at: 0 });
}

async function sendVisit(item) {
  const age = Date.now() - item.made_at;
  const channel = Math.abs(age) < FORM_MS ? "form" : "outbox";
  const body = JSON.stringify({ ...item.body, channel, sent_at: new Date().toISOString() });
  const got = await request("POST", "/api/v1/visits/", item.officer, body, "application/json");
  if (got.kind === "done" && got.said?.visit !== item.id) got.kind = "offline"; // somebody else's page: a hotel's sign-in
  if (got.kind !== "done") return fail(item, unlessLate(item, got));
  const answer = { case: got.said.case, status: got.said.status, at: Date.now() };
  const photos = await photosOf(item.id);
  // what was said about the owner goes the moment the server has it; photos may still follow
  await change("outbox", item.id, (now) => now && { ...receipt({ ...now, answer }), ...(photos.length ? { state: "waiting", is_urgent: now.is_urgent } : {}) });
  told();
  return true;
}

// Who made a visit on a kept page saw no protection: the server keeps it, marked, once it is as old as a late one has to be.
function unlessLate({ is_offline, body }, got) {
  const left = Date.parse(body.ended_at) + LATE_MS - Date.now();
  const isAgainst = ["visit_protected", "visit_refused_by_protection"].includes(got.problem?.code);
  return is_offline && isAgainst && left > 0 ? { kind: "fault", retryAfter: left / 1000 } : got;
}

async function sendPhotos(item) {
  const { id } = item;
  for (const photo of await photosOf(id)) {
    const got = await request("PUT", `/api/v1/visits/${id}/photos/${photo.id}/`, photo.officer, photo.blob, photo.blob.type || "image/jpeg");
    if (got.kind === "done") await remove("photos", photo.id);
    else if (got.kind === "refused") await keep("photos", { ...photo, is_refused: true, problem: got.problem });
    else return fail(item, got);
    if (got.kind === "refused") await update(id, { photo_problem: got.problem });
  }
  await change("outbox", id, (now) => now && (now.photo_problem ? { ...now, state: "refused", problem: now.photo_problem } : receipt(now)));
  told();
  return true;
}

// True: go on with the next.
async function fail(item, got) {
  if (got.kind === "refused") {
    await update(item.id, { state: "refused", is_urgent: false, problem: got.problem });
    return true;
  }
  const attempts = (item.attempts ?? 0) + 1;
  const grown = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempts - 1)) * (0.5 + Math.random() / 2);
  const pause = Math.max(grown, Math.min(LONGEST_WAIT_MS, (got.retryAfter ?? 0) * 1000));
  const isHeld = ["signin", "other"].includes(got.kind); // waits for a person, not for time
  await update(item.id, { state: "waiting", is_urgent: false, attempts, cause: got.kind, next_at: isHeld ? 0 : Date.now() + pause });
  standing = got.kind === "fault" ? standing : got.kind;
  return got.kind === "fault";
}

const PASSING = ["idempotency_in_flight", "photo_incomplete"];

// One request that broke off is no network gone: the server may still be there for the others.
async function isReachable() {
  try {
    return (await fetch("/healthz", { cache: "no-store", credentials: "omit", signal: until(REACH_MS) })).ok;
  } catch {
    return false;
  }
}

// {kind, said, problem, retryAfter}. kind: done · refused (final) · fault (this one, later) · offline, busy (all, later) ·
// signin, other (all, when the right person has signed in)
async function request(method, address, officer, body, type, isSecond = false) {
  let answer, said;
  try {
    answer = await fetch(address, {
      method, body, credentials: "same-origin", redirect: "manual", signal: until(ANSWER_MS + (body.size ?? body.length) / BYTES_PER_MS),
      headers: { "Content-Type": type, Accept: "application/json", "X-CSRFToken": token(), "X-Officer": officer },
    });
    said = await answer.json().catch(() => null);
  } catch {
    return { kind: (await isReachable()) ? "fault" : "offline" };
  }
  const { status } = answer;
  if (answer.ok) return { kind: said ? "done" : "offline", said };
  if (status === 401) return { kind: "signin" };
  if (status === 403 && said?.code === "csrf_failed") {
    // the token changes at sign-in; a page opened before still has the old one, or none
    if (isSecond) return { kind: "signin" };
    await fetch("/m/day.json?have=any", { credentials: "same-origin" }).catch(() => {});
    return request(method, address, officer, body, type, true);
  }
  if (said?.code === "other_officer") return { kind: "other" };
  const retryAfter = Number(answer.headers.get("Retry-After")) || 0;
  if ([429, 503].includes(status)) return { kind: "busy", retryAfter };
  if ([0, 502, 504].includes(status)) return { kind: "offline", retryAfter };
  if (status >= 500 || [408, 425].includes(status) || PASSING.includes(said?.code)) return { kind: "fault", retryAfter };
  if (!said?.code) return { kind: "fault", retryAfter }; // no answer of ours: something between the phone and us
  return { kind: "refused", problem: { status, code: said.code, sentence: said.detail, fields: said.fields ?? {}, marks: said.marks ?? [] } };
}

// One sender of visits and one of photos over all tabs. Where there are no Web Locks (plain http), a lease in the database,
// renewed by nobody and over after a minute, so that a tab that died does not hold it for ever.
async function alone(name, work) {
  if (navigator.locks) return navigator.locks.request(`doorstep-${name}`, work);
  const mine = Math.random();
  const isHeld = ({ until: end = 0 } = {}) => end > Date.now() && end <= Date.now() + LEASE_MS;
  const got = await change("meta", name, (lease) => (isHeld(lease) ? undefined : { name, mine, until: Date.now() + LEASE_MS }));
  if (got?.mine !== mine) return undefined;
  try {
    return await work();
  } finally {
    await change("meta", name, (lease) => (lease?.mine === mine ? { ...lease, until: 0 } : undefined));
  }
}

async function later() {
  clearTimeout(timer);
  const times = (await read()).unsent.filter((item) => item.state !== "refused").map((item) => item.next_at || Infinity);
  const soonest = Math.min(...times);
  if (Number.isFinite(soonest)) timer = setTimeout(() => flush().catch(() => {}), Math.min(LONGEST_WAIT_MS, Math.max(1000, soonest - Date.now())));
}
