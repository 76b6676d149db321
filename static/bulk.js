// Tick all, and a bar that says how many rows are ticked.
// Markup: [data-bulk] around everything; [data-bulk-all] checkbox; [data-bulk-item] checkboxes;
// [data-bulk-bar] shown once something is ticked; [data-bulk-count] gets the number; [data-bulk-clear] unticks.
// Without JS the bar is simply always there.
function setUp(root) {
  const all = root.querySelector("[data-bulk-all]");
  const bar = root.querySelector("[data-bulk-bar]");
  const items = () => [...root.querySelectorAll("[data-bulk-item]")].filter((box) => !box.disabled);
  let last = null;

  function show() {
    const boxes = items();
    const ticked = boxes.filter((box) => box.checked).length;
    for (const count of root.querySelectorAll("[data-bulk-count]")) count.textContent = String(ticked);
    if (bar) bar.hidden = ticked === 0;
    if (all) {
      all.checked = ticked > 0 && ticked === boxes.length;
      all.indeterminate = ticked > 0 && ticked < boxes.length;
    }
  }

  function tickAll(isOn) {
    for (const box of items()) box.checked = isOn;
    show();
  }

  root.addEventListener("click", (event) => {
    const box = event.target.closest("[data-bulk-item]");
    if (box) {
      const boxes = items();
      if (event.shiftKey && last && boxes.includes(last)) {
        const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((a, b) => a - b);
        for (const between of boxes.slice(from, to + 1)) between.checked = box.checked;
      }
      last = box;
      show();
    } else if (event.target.closest("[data-bulk-clear]")) {
      tickAll(false);
    }
  });
  if (all) all.addEventListener("change", () => tickAll(all.checked));
  window.addEventListener("pageshow", show);
  show();
}

for (const root of document.querySelectorAll("[data-bulk]")) setUp(root);
