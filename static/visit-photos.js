// Photos forgotten at the door, on the page of a visit: made small, then sent at once.
for (const form of document.querySelectorAll("form[data-add-photos]")) {
  const box = form.querySelector("[data-photos]");
  const button = form.querySelector("[data-without-scripts]");
  button.hidden = true;
  box.querySelector("input[type=file]").addEventListener("change", async (event) => {
    const module = await import(box.dataset.module).catch(() => null);
    if (module) await module.take(box, () => {});
    if (event.target.files.length) form.requestSubmit();
  });
}
