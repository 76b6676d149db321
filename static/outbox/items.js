// The items of the outbox: what states there are and who may change them. docs/workflow/1-visit-scan.md has the table.
//
// An item: {id, officer, made_at, business: {name, credit_code, code}, outcome, fields (the form as filled in, for
// mending), body (what is sent), is_offline (made on a page out of the phone's memory), state, is_urgent, attempts, next_at, problem {code, sentence, fields}, answer {case,
// status, at}, photo_problem}. state: waiting, sending, received, refused. `answer` is set once the server has the
// visit; the item then waits for its photos only.
import { all, answer, change, within } from "./store.js";
import { me } from "./who.js";

const channel = "BroadcastChannel" in window ? new BroadcastChannel("doorstep-outbox") : null;
const listeners = new Set();

export const isUnsent = (item) => item.state !== "received";

export function whenChanged(listener) {
  listeners.add(listener);
}

export function told() {
  channel?.postMessage("changed");
  for (const listener of listeners) listener();
}

channel?.addEventListener("message", () => { for (const listener of listeners) listener(); });

// This person's items, the oldest first, and how many unsent ones belong to other people.
export async function read() {
  const officer = await me();
  const items = await all("outbox");
  const mine = items.filter((item) => item.officer === officer?.id).sort((one, two) => one.made_at - two.made_at);
  const others = items.filter((item) => item.officer !== officer?.id && isUnsent(item));
  return { officer, mine, unsent: mine.filter(isUnsent), others };
}

// An id stands for one visit: what is in the outbox under it is never written over by another, and what was to be mended
// must still be refused.
export class Taken extends Error {}

// The visit, its photos, and the end of its draft: all or nothing. mends: the id of the refused item whose place this one
// takes; photos kept with that one stay, but for those `gone` from the form. Throws `Taken`.
export async function add(item, photos, { draft = null, mends = null, gone = [] } = {}) {
  await within(["outbox", "photos", "drafts"], async (in_) => {
    const there = await answer(in_.outbox.get(item.id));
    const before = mends && (await answer(in_.outbox.get(mends)));
    if ((there && item.id !== mends) || (before && (before.state !== "refused" || before.answer))) throw new Taken(item.id);
    if (before) {
      for (const photo of await answer(in_.photos.index("visit").getAll(mends))) {
        if (gone.includes(photo.id)) in_.photos.delete(photo.id);
        else if (mends !== item.id) in_.photos.put({ ...photo, visit: item.id });
      }
      if (mends !== item.id) in_.outbox.delete(mends);
    }
    for (const photo of photos) in_.photos.put({ ...photo, visit: item.id, officer: item.officer });
    if (draft) in_.drafts.delete(draft);
    return answer(in_.outbox.put(item));
  });
  navigator.storage?.persist?.().catch(() => {});
  told();
}

export async function update(id, changes) {
  const after = await change("outbox", id, (item) => item && { ...item, ...changes });
  told();
  return after;
}

export const photosKept = (id) => within("photos", (in_) => answer(in_.photos.index("visit").getAll(id)), "readonly");

// Photos that still have to go; refused ones are kept to be looked at and are not sent again unasked.
export const photosOf = async (id) => (await photosKept(id)).filter((photo) => !photo.is_refused);

// What remains of an accepted visit until midnight: enough to see that it arrived, nothing about the owner.
export function receipt(item) {
  const { id, officer, made_at, business, outcome, answer: given } = item;
  return { id, officer, made_at, business, outcome, state: "received", answer: given };
}

export async function discard(ids) {
  await within(["outbox", "photos"], async (in_) => {
    for (const id of ids) {
      in_.outbox.delete(id);
      for (const key of await answer(in_.photos.index("visit").getAllKeys(id))) in_.photos.delete(key);
    }
  });
  told();
}

const day = (moment) => new Date(moment).toDateString();

// Receipts of days gone by, whoever's they are.
export async function clearReceipts() {
  const old = (await all("outbox")).filter((item) => !isUnsent(item) && day(item.answer.at) !== day(Date.now()));
  if (old.length) await discard(old.map((item) => item.id));
}
