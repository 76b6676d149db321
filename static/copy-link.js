// <button data-copy="text" data-copied="已复制" hidden>: copies and says so. Hidden until this module runs.
async function copy(text) {
  if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea"); // WeChat's browser and plain http have no clipboard API
  area.value = text;
  area.className = "visually-hidden";
  document.body.append(area);
  area.select();
  const isCopied = document.execCommand("copy");
  area.remove();
  if (!isCopied) throw new Error("copy refused");
}

for (const button of document.querySelectorAll("[data-copy]")) {
  button.hidden = false;
  const label = button.querySelector("[data-copy-label]") || button;
  const before = label.textContent;
  button.addEventListener("click", async () => {
    const given = button.dataset.copy || window.location.href;
    const text = given.startsWith("/") ? new URL(given, window.location.href).href : given;
    try {
      await copy(text);
      label.textContent = button.dataset.copied || "✓";
    } catch {
      window.prompt("", text);
    }
    setTimeout(() => { label.textContent = before; }, 2500);
  });
}
