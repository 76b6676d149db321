// Outcome first: only what the chosen outcome needs is shown, and the bar below says what 提交 will do.
//   data-for="need deferred"   a fieldset or line for these outcomes; hidden, it is disabled too and sends nothing
//   data-for-mode="on_site"    the same for how it was visited
//   data-after-outcome         shown once an outcome is chosen
//   data-note                  an answer that becomes part of the note, in the words of #note-words; without scripts
//                              visits/field/details.py does it
// Whoever sends the form reads `new FormData(form)`: the note in it is whole. Without JavaScript everything is shown.

function reveal(form) {
  const outcome = form.querySelector('input[name="outcome"]:checked')?.value ?? "";
  const mode = form.querySelector('input[name="mode"]:checked')?.value ?? "";
  for (const part of form.querySelectorAll("[data-for]")) show(part, part.dataset.for.split(/\s+/).includes(outcome));
  for (const part of form.querySelectorAll("[data-for-mode]")) show(part, part.dataset.forMode === mode);
  for (const part of form.querySelectorAll("[data-after-outcome]")) part.hidden = !outcome;
  tell(form);
}

function show(part, isNeeded) {
  part.hidden = !isNeeded;
  if ("disabled" in part) part.disabled = !isNeeded;
}

const barOf = (form) => ({
  note: document.querySelector("[data-submit-note]"),
  button: document.querySelector(`[form="${form.getAttribute("id")}"][data-needs-outcome]`), // form.id is its field "id"
});

// The bar: what is lacking, or what happens to the visit without network.
export function tell(form, problem = "") {
  const { note, button } = barOf(form);
  const isChosen = Boolean(form.querySelector('input[name="outcome"]:checked'));
  const isBusy = "photosBusy" in form.dataset;
  if (button) button.disabled = !isChosen || isBusy;
  if (!note) return;
  const { choose, busy, offline } = note.dataset;
  note.textContent = problem || (!isChosen ? choose : isBusy ? busy : navigator.onLine ? "" : offline);
  note.hidden = !note.textContent;
}

// What the district requires at the door. A word in the note is enough where the phone cannot.
function lacking(form) {
  const at = (name) => form.elements[name]?.value ?? "";
  if (at("mode") !== "on_site" || at("note").trim()) return "";
  const { note } = barOf(form);
  if (form.dataset.location === "required" && !at("lat")) return note?.dataset.location;
  if (form.dataset.photo === "required" && !form.elements.photos?.files.length) return note?.dataset.photo;
  return "";
}

function answerOf(fields, words) {
  const said = fields.filter((field) => field.value.trim() && (!field.matches("[type=radio], [type=checkbox]") || field.checked));
  const { lead, answers } = words[fields[0].name];
  return said.length ? lead + said.map((field) => answers[field.value] ?? field.value.trim()).join("、") : "";
}

// The answers become part of the note, and are not sent a second time. Where the phone was says nothing about a call.
function whole(form, data) {
  if (data.get("mode") !== "on_site") for (const name of ["lat", "lon", "accuracy_m"]) data.delete(name);
  if (data.get("outcome") !== "need") data.delete("signature_png");
  const words = JSON.parse(document.querySelector("#note-words")?.textContent ?? "{}");
  const said = [];
  for (const part of form.querySelectorAll("[data-note]")) {
    const fields = [...part.querySelectorAll("input, select")];
    if (!fields[0].matches(":disabled")) said.push(answerOf(fields, words));
    for (const field of fields) data.delete(field.name);
  }
  const note = [...said, data.get("note") ?? ""].filter(Boolean).join(";");
  if (said.length) data.set("note", note);
}

// A second tap on a chosen answer takes it back: radios alone cannot.
function untick(form) {
  let was = null;
  form.addEventListener("pointerdown", (event) => {
    const pick = event.target.closest("[data-note] .pick")?.querySelector("input[type=radio]");
    was = pick?.checked ? pick : null;
  });
  form.addEventListener("click", (event) => {
    if (event.target === was) { was.checked = false; was = null; }
  });
}

for (const form of document.querySelectorAll("form[data-visit-form]")) {
  form.addEventListener("change", (event) => {
    if (!["outcome", "mode"].includes(event.target.name)) return;
    reveal(form);
    if (event.target.name !== "outcome") return;
    const first = form.querySelector(`[data-for~="${CSS.escape(event.target.value)}"]`) ?? form.querySelector("[data-after-outcome]");
    first?.scrollIntoView({ block: "nearest", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
  });
  form.addEventListener("formdata", (event) => whole(form, event.formData));
  form.addEventListener("reset", () => setTimeout(() => reveal(form)));
  untick(form);
  reveal(form);
  for (const name of ["pageshow", "online", "offline"]) window.addEventListener(name, () => reveal(form)); // the back button restores radios without an event
}

// In the capture phase, before whoever sends the form.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-visit-form]")) return;
  const problem = "photosBusy" in form.dataset ? barOf(form).note?.dataset.busy : lacking(form);
  if (!problem) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  tell(form, problem);
  form.elements.note?.focus();
}, true);
