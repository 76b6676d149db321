// On every page of an officer: what waits in the top bar, the bar without network, sending at the right moments, signing out.
import { refresh } from "./day.js";
import { clearDrafts } from "./draft.js";
import { clearReceipts, read, whenChanged } from "./items.js";
import { flush, standing } from "./send.js";
import { signOut } from "./sign-out.js";
import { ago, isKept, me, say, words } from "./who.js";

const mark = document.querySelector("[data-outbox-mark]");
const held = document.querySelector("[data-outbox-held]");
const root = document.documentElement;

async function paint() {
  const { unsent, others } = await read();
  mark.hidden = !unsent.length && !others.length;
  if (unsent.length) {
    const since = ago(unsent[0].made_at);
    mark.querySelector("[data-outbox-count]").textContent = say(words.waiting, unsent.length);
    mark.querySelector("[data-outbox-age]").textContent = since;
    mark.setAttribute("aria-label", say(words.waitingSince, unsent.length, since));
  } else if (others.length) {
    mark.querySelector("[data-outbox-count]").textContent = say(words.others, others.length);
    mark.querySelector("[data-outbox-age]").textContent = "";
  }
  held.hidden = !(["signin", "other"].includes(standing) && unsent.length);
  if (!held.hidden) held.querySelector("[data-outbox-held-word]").textContent = say(standing === "signin" ? words.signin : words.otherOfficer, unsent.length);
}

const send = (how) => flush(how).catch(() => {}).then(paint);

function watchNetwork() {
  window.addEventListener("offline", () => { if (!isKept) root.dataset.offline = "gone"; });
  window.addEventListener("online", () => {
    if (!isKept) delete root.dataset.offline;
    send({ isBack: true });
  });
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "visible") send(); });
  window.addEventListener("pageshow", (event) => { if (event.persisted) send(); });
}

async function start() {
  if (!("indexedDB" in window)) return;
  if (document.querySelector("form[data-visit-form]")) import("./form.js");
  navigator.serviceWorker?.register("/sw.js").catch(() => {});
  watchNetwork();
  whenChanged(paint);
  for (const form of document.querySelectorAll('form[action$="/sign-out/"]')) form.addEventListener("submit", signOut);
  document.querySelector("[data-offline-again]")?.addEventListener("click", () => location.reload());
  if (!(await me())) return;
  await clearReceipts();
  await clearDrafts();
  await paint();
  await send({ isBack: !isKept });
  await refresh().catch(() => {});
  setInterval(paint, 60_000);
}

start().catch((failure) => console.warn(failure));
