// What waits, as files for a desk: a rescue when the phone has no network for days or is about to die.
import { kept, hex } from "./day.js";
import { photosOf, read } from "./items.js";
import { answer, within } from "./store.js";

const MOST_BYTES = 20 * 1024 * 1024; // of one file; the desk takes 32 MB

// Hands the files to the browser; answers how many visits are in them.
export async function handOut() {
  const { officer, unsent } = await read();
  const day = await kept();
  const entries = [];
  for (const item of unsent) entries.push(await entry(item));
  const parts = split(entries);
  const at = new Date();
  for (const [number, visits] of parts.entries()) {
    const contents = JSON.stringify({ made_at: at.toISOString(), officer: officer.name, visits });
    const file = { format: "doorstep-outbox", version: 1, ticket: day?.ticket ?? "", contents, seal: await seal(contents, day) };
    save(JSON.stringify(file), name(at, officer, number, parts.length));
  }
  return entries.length;
}

async function entry(item) {
  const { id, business, body = null, made_at } = item;
  const refused = await within("photos", (in_) => answer(in_.photos.index("visit").getAll(id)), "readonly");
  const photos = [];
  for (const photo of item.state === "refused" ? refused : await photosOf(id)) photos.push({ id: photo.id, jpeg: await base64(photo.blob) });
  return { id, name: business.name, made_at: new Date(made_at).toISOString(), visit: body, photos };
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
