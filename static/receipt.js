// Keeps a deadline chip's receipt inside the window, out of scrolling tables, and lets Escape close it.
// Without JS the receipt still opens, just under the chip.
const GAP = 6;
const EDGE = 8;

function place(chip) {
  const receipt = chip.querySelector(".chip__receipt");
  if (!receipt || window.matchMedia("(max-width: 47.99em)").matches) return;
  const at = chip.getBoundingClientRect();
  receipt.style.position = "fixed";
  const { width, height } = receipt.getBoundingClientRect();
  const isBelow = at.bottom + GAP + height + EDGE <= window.innerHeight;
  receipt.style.inset = "auto";
  receipt.style.left = `${Math.max(EDGE, Math.min(at.left, window.innerWidth - width - EDGE))}px`;
  receipt.style.top = `${isBelow ? at.bottom + GAP : Math.max(EDGE, at.top - GAP - height)}px`;
}

function chipOf(event) {
  return event.target instanceof Element ? event.target.closest(":is(button, a).chip") : null;
}

for (const kind of ["mouseover", "focusin", "click"]) {
  document.addEventListener(kind, (event) => {
    const chip = chipOf(event);
    if (chip) { chip.classList.remove("chip--shut"); place(chip); }
  });
}
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const chip of document.querySelectorAll("button.chip:hover, button.chip:focus, a.chip:hover, a.chip:focus")) chip.classList.add("chip--shut");
});
document.addEventListener("mouseout", (event) => chipOf(event)?.classList.remove("chip--shut"));
