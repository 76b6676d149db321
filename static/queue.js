// Keyboard work through a queue: j/k (or arrows) move, Enter opens, x ticks, "/" goes to the search field.
// Markup: [data-queue] around rows [data-queue-row], each with one link [data-queue-link].
const queue = document.querySelector("[data-queue]");

function rows() {
  return [...queue.querySelectorAll("[data-queue-row]")];
}

function isTyping(target) {
  if (target.isContentEditable || ["SELECT", "TEXTAREA"].includes(target.tagName)) return true;
  return target.tagName === "INPUT" && !["checkbox", "radio", "button", "submit"].includes(target.type);
}

function linkOf(row) {
  return row && row.querySelector("[data-queue-link]");
}

function currentIndex(all) {
  const focused = all.findIndex((row) => row.contains(document.activeElement));
  return focused >= 0 ? focused : all.findIndex((row) => row.hasAttribute("data-queue-current"));
}

function move(step) {
  const all = rows();
  const at = currentIndex(all);
  const to = at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + step));
  const link = linkOf(all[to]);
  if (!link) return;
  link.focus({ preventScroll: true });
  all[to].scrollIntoView({ block: "nearest" });
}

function tick() {
  const box = rows()[currentIndex(rows())]?.querySelector("input[type=checkbox]");
  if (box) box.click();
}

const KEYS = { j: () => move(1), k: () => move(-1), ArrowDown: () => move(1), ArrowUp: () => move(-1), x: tick };

if (queue) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || isTyping(event.target)) return;
    const inside = queue.contains(document.activeElement);
    if (event.key.startsWith("Arrow") && !inside) return; // arrows scroll the page until the queue has the focus
    if (event.key === "/") {
      const search = document.querySelector("[data-search]");
      if (search) { event.preventDefault(); search.focus(); }
      return;
    }
    const act = KEYS[event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
}
