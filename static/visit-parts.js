// What a visit form gains from JavaScript: banks named in the need come first, a position on
// request, photos.
import { tell } from "./visit-form.js";

const POOR_M = 200;
const form = document.querySelector("form[data-visit-form]");

function bankChoice(box) {
  const wishes = ["bank_1", "bank_2", "bank_3"].map((name) => form.elements[name]).filter(Boolean);
  const all = box.querySelector("[data-bank-all]");
  let isWhole = false;
  const show = () => {
    const wanted = new Set(wishes.map((wish) => wish.value).filter(Boolean));
    let hidden = 0;
    for (const row of box.querySelectorAll(".bank-choice")) {
      const tick = row.querySelector("input");
      row.hidden = !(isWhole || wanted.size === 0 || wanted.has(tick.value) || tick.checked);
      if (row.hidden) hidden += 1;
    }
    all.hidden = hidden === 0;
  };
  all.addEventListener("click", () => { isWhole = true; show(); });
  for (const wish of wishes) wish.addEventListener("change", show);
  show();
}

// A position on a tap and never else; four decimals, about 10 m, with the accuracy the phone tells.
function locate(box) {
  const said = box.querySelector("[data-locate-said]");
  const say = (name, state, thing = "") => {
    said.textContent = said.dataset[name].replace("{0}", thing);
    said.className = `field__help${state ? ` is-${state}` : ""}`;
  };
  const button = box.querySelector("[data-locate-ask]");
  if (!("geolocation" in navigator)) { button.disabled = true; say("failed", "soon"); return; }
  const done = (accuracy) => say(accuracy > POOR_M ? "poor" : "done", accuracy > POOR_M ? "soon" : "done", accuracy);
  if (form.elements.lat.value) done(Number(form.elements.accuracy_m.value));
  button.addEventListener("click", () => {
    button.setAttribute("aria-busy", "true");
    say("busy", "");
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        form.elements.lat.value = coords.latitude.toFixed(4);
        form.elements.lon.value = coords.longitude.toFixed(4);
        form.elements.accuracy_m.value = Math.round(coords.accuracy);
        button.removeAttribute("aria-busy");
        done(Math.round(coords.accuracy));
        form.elements.lat.dispatchEvent(new Event("change", { bubbles: true })); // whoever keeps a draft hears of it
      },
      (error) => { button.removeAttribute("aria-busy"); say(error.code === error.PERMISSION_DENIED ? "denied" : "failed", "late"); },
      { enableHighAccuracy: true, timeout: 15000, maximumAge: 0 },
    );
  });
}

// The module comes with the first photo. Where it does not come (no network, nothing kept), the server makes it small.
function photos(box) {
  const field = box.querySelector("input[type=file]");
  field.addEventListener("change", async () => {
    const module = await import(box.dataset.module).catch(() => null);
    if (module) await module.take(box, () => tell(form));
  });
  form.collectPhotos = async () => (field.matches(":disabled") ? [] : [...field.files]);
}

if (form) {
  for (const box of form.querySelectorAll("[data-bank-choice]")) bankChoice(box);
  for (const box of form.querySelectorAll("[data-locate]")) locate(box);
  for (const box of form.querySelectorAll("[data-photos]")) photos(box);
}
