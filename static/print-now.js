// <button data-print hidden>: opens the print dialogue. Hidden until this module runs; Ctrl-P does the same.
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
