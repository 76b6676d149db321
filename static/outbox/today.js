// Today without network: the list that the phone kept, searched on the phone, with what waits beside each name.
import { kept } from "./day.js";
import { read } from "./items.js";
import { clock, say, words } from "./who.js";
import { read as readPlace, why } from "./place.js";

const box = document.querySelector("[data-day]");
const list = box.querySelector("[data-day-list]");
const search = box.querySelector("input");
const row = document.querySelector("#day-row");
const MOST = 60;
const today = () => new Date().toLocaleDateString("en-CA", { timeZone: "Asia/Shanghai" });

async function paint() {
  const day = await kept();
  const { mine } = await read();
  const businesses = day?.businesses ?? [];
  const isToday = day?.day === today(); // what was done yesterday is to be done again, or not: the list cannot know
  const done = businesses.filter((one) => one.is_done && isToday);
  const made = new Set([...mine.map((item) => item.business.credit_code), ...done.map((one) => one.credit_code)]);
  const wanted = search.value.normalize("NFKC").trim().toUpperCase();
  const order = [...businesses].sort((one, two) => made.has(one.credit_code) - made.has(two.credit_code));
  const found = order.filter((one) => !wanted || `${one.name} ${one.credit_code} ${one.address}`.toUpperCase().includes(wanted));
  list.replaceChildren(...found.slice(0, MOST).map((one) => line(one, made)));
  list.hidden = !found.length;
  box.querySelector("[data-day-none]").hidden = found.length > 0 || Boolean(wanted);
  box.querySelector("[data-day-more]").hidden = found.length <= MOST;
  const at = day && clock(day.as_of);
  const asOf = day ? say(words.asOf, at, businesses.length - done.length) : "";
  box.querySelector("[data-day-as-of]").textContent = [asOf, day && !isToday ? words.oldList : ""].filter(Boolean).join(" ");
  other(wanted, found.length);
}

// Typed a whole code that is not on the list: the form opens for it, once the check character holds.
function other(wanted, isFound) {
  const typed = search.value.trim();
  const place = !isFound && readPlace(typed);
  const link = box.querySelector("[data-day-other]");
  link.hidden = !place;
  link.href = `/m/visit/offline/?text=${encodeURIComponent(typed)}`;
  const problem = box.querySelector("[data-day-problem]");
  problem.textContent = wanted && !isFound && !place ? (/^[0-9A-Z]{15,18}$/.test(wanted) ? why(wanted) : words.notFound) : "";
}

function line(one, made) {
  const shown = row.content.cloneNode(true).querySelector("a");
  shown.href = `/m/visit/${one.credit_code}/`;
  shown.querySelector(".row__name").textContent = one.name;
  shown.querySelector(".row__meta").textContent = one.kind;
  shown.querySelector(".row__address").textContent = one.address;
  const marks = shown.querySelector(".row__marks");
  const labels = made.has(one.credit_code) ? [{ label: words.madeHere, state: "done" }, ...one.marks] : one.marks;
  for (const mark of labels) {
    const label = document.createElement("span");
    label.className = `label${mark.state ? ` is-${mark.state}` : " muted"}`;
    label.textContent = mark.label;
    marks.append(label);
  }
  return shown;
}

// any other page of the officer leads here without network, and says why
box.querySelector("[data-day-instead]").hidden = ["/m/", "/m/offline/"].includes(location.pathname);
search.addEventListener("input", paint);
box.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
paint().catch((failure) => console.warn(failure));
