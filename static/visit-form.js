// Outcome first: only the fieldsets that the chosen outcome needs are shown.
// Markup: radios named "outcome"; fieldsets with data-for="need deferred" (space separated outcomes).
// A hidden fieldset is disabled too, so the browser neither validates nor sends it. Without JS all are shown.
function reveal(form) {
  const chosen = form.querySelector('input[name="outcome"]:checked');
  const outcome = chosen ? chosen.value : "";
  for (const part of form.querySelectorAll("[data-for]")) {
    const isNeeded = part.dataset.for.split(/\s+/).includes(outcome);
    part.hidden = !isNeeded;
    if ("disabled" in part) part.disabled = !isNeeded;
  }
  for (const button of form.querySelectorAll("[data-needs-outcome]")) button.disabled = !outcome;
}

for (const form of document.querySelectorAll("form[data-visit-form]")) {
  form.addEventListener("change", (event) => {
    if (event.target.name !== "outcome") return;
    reveal(form);
    const first = form.querySelector(`[data-for~="${CSS.escape(event.target.value)}"]`);
    if (first) first.scrollIntoView({ block: "nearest", behavior: "smooth" });
  });
  form.addEventListener("reset", () => setTimeout(() => reveal(form)));
  reveal(form);
  window.addEventListener("pageshow", () => reveal(form)); // the back button restores radios without an event
}
