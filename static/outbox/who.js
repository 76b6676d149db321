// Whose phone this is at the moment. A page from the server knows; a page kept on the phone asks what was noted last.
import { answer, change, get, put, remove, within } from "./store.js";

const said = document.querySelector("[data-officer]");
export const isKept = Boolean(document.documentElement.dataset.offline);
export const words = { ...document.querySelector("#outbox-words")?.dataset, ...document.querySelector("#page-words")?.dataset };

// A random UUID, also where the page is not served over HTTPS and the browser keeps randomUUID to itself.
export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  return [...bytes].map((byte, at) => ([4, 6, 8, 10].includes(at) ? "-" : "") + byte.toString(16).padStart(2, "0")).join("");
}

let known;
// {id, name, username} or null. Noted once per page.
export function me() {
  known ??= find();
  return known;
}

async function find() {
  const noted = await get("meta", "me");
  if (isKept || !said) return noted?.officer ?? null;
  const officer = { id: said.dataset.officer, name: said.dataset.officerName, username: said.dataset.officerUsername };
  const look = `${officer.id} ${document.documentElement.lang}`;
  if (noted?.officer.id !== officer.id) {
    // the list of whoever was here before is not for this person; what they left unsent stays theirs
    await within("day", (in_) => answer(in_.day.clear()));
    await remove("meta", "hold");
  }
  await put("meta", { name: "me", officer, look: noted?.look });
  if (noted?.look !== look) askForFrames(() => change("meta", "me", (now) => (now?.officer.id === officer.id ? { ...now, look } : undefined)).catch(() => {}));
  return officer;
}

// Asked again by the next page until the worker says that it has them.
export async function askForFrames(whenFilled = () => {}) {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = whenFilled;
  // without a controller the worker is only being installed, and fetches them by itself
  navigator.serviceWorker?.controller?.postMessage({ type: "fill" }, [port2]);
}

export const token = () => document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? "";

// {0} and {1} of a sentence
export const say = (sentence = "", ...things) => sentence.replace(/\{(\d)\}/g, (_, at) => things[at] ?? "");

// 11/20 14:05 as Shanghai reads it, wherever the phone thinks it is
const SHOWN = { month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit", hour12: false, timeZone: "Asia/Shanghai" };
export const clock = (moment) => new Date(moment).toLocaleString(document.documentElement.lang || "zh-CN", SHOWN);

export function ago(moment) {
  const minutes = Math.max(0, Math.floor((Date.now() - moment) / 60000));
  if (minutes < 1) return words.justNow;
  if (minutes < 60) return say(words.minutesAgo, minutes);
  if (minutes < 48 * 60) return say(words.hoursAgo, Math.floor(minutes / 60));
  return say(words.daysAgo, Math.floor(minutes / 1440));
}
