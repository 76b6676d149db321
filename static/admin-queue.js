// Working through a list of the admin with the keyboard: j and k move, Enter opens, x ticks. Without JS: Tab and Space.
(() => {
  const rows = () => [...document.querySelectorAll("#result_list tr.data-row")];
  const linkOf = (row) => row.querySelector(":is(th, td) a:not(.chip)");
  const isTyping = (target) => target.closest("input, textarea, select, [contenteditable]") !== null;

  // on a phone the tabs scroll: the one you are on comes into sight
  document.addEventListener("DOMContentLoaded", () => {
    document.querySelector(".dd-tabs [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const all = rows();
    const here = all.findIndex((row) => row.contains(document.activeElement));
    if (event.key === "j" || event.key === "k") {
      const next = all[Math.max(0, Math.min(all.length - 1, here + (event.key === "j" ? 1 : -1)))];
      const link = next && linkOf(next);
      if (!link) return;
      event.preventDefault();
      link.focus();
      next.scrollIntoView({ block: "nearest" });
    } else if (event.key === "x" && here >= 0) {
      all[here].querySelector("input.action-select")?.click();
    }
  });
})();
