// What waits, as files for a desk: a rescue when the phone has no network for days or is about to die.
import { ask } from "./ask.js";
import { kept, hex } from "./day.js";
import { photosOf, read } from "./items.js";
import { answer, within } from "./store.js";
import { say, words } from "./who.js";

const MOST_BYTES = 20 * 1024 * 1024; // of one file; the desk takes 32 MB

// Saves what waits, one file for each tap: browsers let a page save one file unasked and drop the next without a word.
// Answers a sentence that says what was saved and what was not.
export async function handOut() {
  const { officer, unsent } = await read();
  const day = await kept();
  const entries = [];
  let lost = 0; // photos the phone cannot read any more; their visits go all the same
  for (const item of unsent) {
    const { entry: one, unreadable } = await entry(item);
    entries.push(one);
    lost += unreadable;
  }
  const parts = split(entries);
  const at = new Date();
  let saved = 0;
  for (const [number, visits] of parts.entries()) {
    if (number && !(await ask(say(words.exportNext, number + 1, parts.length), words.exportNextText, CHOICES()))) break;
    const contents = JSON.stringify({ made_at: at.toISOString(), officer: officer.name, visits });
    const file = { format: "doorstep-outbox", version: 1, ticket: day?.ticket ?? "", contents, seal: await seal(contents, day) };
    save(JSON.stringify(file), name(at, officer, number, parts.length));
    saved += visits.length;
  }
  return [
    saved < entries.length ? say(words.exportedPart, saved, entries.length - saved) : say(words.exported, saved),
    lost ? say(words.exportLost, lost) : "",
    day?.ticket ? "" : words.exportNoTicket,
  ].filter(Boolean).join(" ");
}

const CHOICES = () => [["go", words.exportSave, "primary"], ["", words.exportStop, ""]];

async function entry(item) {
  const { id, business, body = null, made_at } = item;
  const refused = await within("photos", (in_) => answer(in_.photos.index("visit").getAll(id)), "readonly");
  const photos = [];
  let unreadable = 0;
  for (const photo of item.state === "refused" ? refused : await photosOf(id)) {
    try {
      photos.push({ id: photo.id, jpeg: await base64(photo.blob) });
    } catch {
      unreadable += 1;
    }
  }
  return { entry: { id, name: business.name, made_at: new Date(made_at).toISOString(), visit: body, photos }, unreadable };
}

function split(entries) {
  const parts = [];
  let bytes = Infinity;
  for (const one of entries) {
    const size = JSON.stringify(one).length;
    if (bytes + size > MOST_BYTES) { parts.push([]); bytes = 0; }
    parts.at(-1).push(one);
    bytes += size;
  }
  return parts;
}

const base64 = (blob) => new Promise((resolve, reject) => {
  const reader = new FileReader();
  reader.onload = () => resolve(reader.result.split(",")[1] ?? "");
  reader.onerror = () => reject(reader.error);
  reader.readAsDataURL(blob);
});

// HMAC-SHA256 under the key that came with the ticket; "" where the browser has none to offer (plain http).
async function seal(contents, day) {
  if (!day?.seal_key || !crypto.subtle) return "";
  const bytes = new TextEncoder();
  const key = await crypto.subtle.importKey("raw", bytes.encode(day.seal_key), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return hex(await crypto.subtle.sign("HMAC", key, bytes.encode(contents)));
}

const two = (number) => String(number).padStart(2, "0");

function name(at, officer, number, total) {
  const day = `${at.getFullYear()}${two(at.getMonth() + 1)}${two(at.getDate())}-${two(at.getHours())}${two(at.getMinutes())}`;
  return `doorstep-${day}-${officer.username}${total > 1 ? `-${number + 1}of${total}` : ""}.json`;
}

function save(text, called) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  link.download = called;
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
