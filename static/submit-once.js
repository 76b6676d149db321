// A double tap sends a form once. The server stays the judge (idempotency keys); this spares the person the doubt.
// Opt out with data-submit-many. The pressed button may say data-busy="正在提交…" while the page is on its way.
const STUCK_AFTER_MS = 15000;

function release(form) {
  delete form.dataset.sent;
  for (const button of form.querySelectorAll("[aria-busy]")) {
    button.removeAttribute("aria-busy");
    if (button.dataset.label) button.textContent = button.dataset.label;
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || "submitMany" in form.dataset || event.defaultPrevented) return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "1";
  const button = event.submitter;
  if (button) {
    // Not disabled: a disabled button would drop its own name=value from the form.
    button.setAttribute("aria-busy", "true");
    if (button.dataset.busy) { button.dataset.label = button.textContent; button.textContent = button.dataset.busy; }
  }
  setTimeout(() => release(form), STUCK_AFTER_MS);
});

window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) release(form);
});
