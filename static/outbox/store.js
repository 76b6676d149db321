// What the phone keeps, in IndexedDB. Stores: outbox (visits by id), photos (blobs by id, index by visit),
// drafts (half-filled forms), day (the list of the day, by officer), meta (who is signed in, holds, the lease).
const NAME = "doorstep";
const SHAPE = {
  outbox: { keyPath: "id" },
  photos: { keyPath: "id" },
  drafts: { keyPath: "key" },
  day: { keyPath: "officer" },
  meta: { keyPath: "name" },
};
let opened;

function open() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      for (const [name, options] of Object.entries(SHAPE)) {
        const store = request.result.createObjectStore(name, options);
        if (name === "photos") store.createIndex("visit", "visit");
      }
    };
    request.onsuccess = () => {
      const db = request.result;
      db.onversionchange = () => { db.close(); opened = undefined; };
      db.onclose = () => { opened = undefined; };
      resolve(db);
    };
    request.onerror = () => { opened = undefined; reject(request.error); };
  });
  return opened;
}

export const answer = (request) => new Promise((resolve, reject) => {
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
});

// A page that was in the background may come back with a connection that only looks open (iOS): opened anew, once.
const LOST = ["InvalidStateError", "UnknownError"];

// work(stores) runs inside one transaction and may await nothing but `answer`; where it throws, nothing is written. It
// may be run a second time. Done means on disk, not in a buffer: the battery may die the moment a person reads "saved".
export async function within(names, work, mode = "readwrite") {
  try {
    return await run(names, work, mode);
  } catch (failure) {
    if (!LOST.includes(failure?.name)) throw failure;
    opened = undefined;
    return run(names, work, mode);
  }
}

async function run(names, work, mode) {
  const db = await open();
  const transaction = db.transaction(names, mode, { durability: "strict" });
  const done = new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onerror = transaction.onabort = () => reject(transaction.error || new Error("aborted"));
  });
  const stores = Object.fromEntries([names].flat().map((name) => [name, transaction.objectStore(name)]));
  const worked = (async () => work(stores))().catch((failure) => {
    try { transaction.abort(); } catch { /* it has ended by itself */ }
    throw failure;
  });
  const [told] = await Promise.all([worked, done]);
  return told;
}

export const get = (name, key) => within(name, (in_) => answer(in_[name].get(key)), "readonly");
export const all = (name) => within(name, (in_) => answer(in_[name].getAll()), "readonly");
export const put = (name, value) => within(name, (in_) => answer(in_[name].put(value)));
export const remove = (name, key) => within(name, (in_) => answer(in_[name].delete(key)));

// Read, change, write, with nobody between. `turn` may answer undefined: then the row stays as it is.
export const change = (name, key, turn) => within(name, async (in_) => {
  const before = await answer(in_[name].get(key));
  const after = turn(before);
  if (after !== undefined) await answer(in_[name].put(after));
  return after;
});
