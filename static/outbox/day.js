// The list of the day: fetched while there is a network, looked up when there is none.
import { answer, get, within } from "./store.js";
import { askForFrames, me } from "./who.js";

const FRESH_MS = 10 * 60_000;

export async function kept() {
  const officer = await me();
  return officer ? get("day", officer.id) : undefined;
}

export async function refresh({ isAsked = false } = {}) {
  const officer = await me();
  if (!officer) return;
  const before = await kept();
  if (!isAsked && before && Math.abs(Date.now() - before.fetched_at) < FRESH_MS) return;
  const got = await fetch(`/m/day.json?have=${before?.version ?? ""}`, { credentials: "same-origin" });
  if (!got.ok) return;
  const said = await got.json();
  if (said.officer.id !== officer.id) return; // signed in as somebody else in another tab
  const isKeptNow = await within(["day", "meta"], async (in_) => {
    if ((await answer(in_.meta.get("me")))?.officer.id !== officer.id) return false; // signed out meanwhile, in another tab
    await answer(in_.day.put({ ...before, ...said, officer: officer.id, fetched_at: Date.now() }));
    return true;
  });
  if (!isKeptNow) return;
  if (before && before.form !== said.form) await askForFrames();
}

const hex = (bytes) => [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");

// {credit_code, name, …} of the day's list, by credit code or by the hash of a door's code.
export async function find({ credit_code, code }) {
  const list = (await kept())?.businesses ?? [];
  if (credit_code) return list.find((one) => one.credit_code === credit_code);
  if (!code || !crypto.subtle) return undefined;
  const hash = hex(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(code)));
  return list.find((one) => one.code === hash);
}

export { hex };
