// A question in the middle of the screen, built from <template id="ask">. Answers the value of the button pressed,
// "" when it was dismissed. choices: [[value, label, kind]], kind primary, danger or nothing.
export function ask(title, text, choices, extra = null) {
  const dialog = document.querySelector("#ask").content.cloneNode(true).querySelector("dialog");
  dialog.querySelector("h2").textContent = title;
  dialog.querySelector("p").textContent = text;
  if (extra) dialog.querySelector("p").after(extra);
  for (const [value, label, kind] of choices) {
    const button = document.createElement("button");
    button.className = `button button--block${kind ? ` button--${kind}` : ""}`;
    button.value = value;
    button.textContent = label;
    dialog.querySelector("form").append(button);
  }
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => { dialog.remove(); resolve(dialog.returnValue); }));
}
