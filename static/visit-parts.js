// What a visit form gains from JavaScript: banks named in the need come first, a position on request.
const form = document.querySelector("form[data-visit-form]");

function bankChoice(box) {
  const wishes = ["bank_1", "bank_2", "bank_3"].map((name) => form.elements[name]).filter(Boolean);
  const all = box.querySelector("[data-bank-all]");
  let isWhole = false;
  const show = () => {
    const wanted = new Set(wishes.map((wish) => wish.value).filter(Boolean));
    let hidden = 0;
    for (const row of box.querySelectorAll(".bank-choice")) {
      const tick = row.querySelector("input");
      row.hidden = !(isWhole || wanted.size === 0 || wanted.has(tick.value) || tick.checked);
      if (row.hidden) hidden += 1;
    }
    all.hidden = hidden === 0;
  };
  all.addEventListener("click", () => { isWhole = true; show(); });
  for (const wish of wishes) wish.addEventListener("change", show);
  show();
}

function locate(box) {
  if (!("geolocation" in navigator)) return;
  box.hidden = false;
  const word = box.querySelector("[data-locate-word]");
  box.querySelector("button").addEventListener("click", () => {
    word.textContent = "…";
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        form.elements.lat.value = coords.latitude.toFixed(4);
        form.elements.lon.value = coords.longitude.toFixed(4);
        form.elements.accuracy_m.value = Math.round(coords.accuracy);
        word.textContent = `✓ ${coords.latitude.toFixed(4)}, ${coords.longitude.toFixed(4)} ±${Math.round(coords.accuracy)} m`;
      },
      () => { word.textContent = "×"; },
      { enableHighAccuracy: true, timeout: 15000, maximumAge: 60000 },
    );
  });
}

if (form) {
  for (const box of form.querySelectorAll("[data-bank-choice]")) bankChoice(box);
  for (const box of form.querySelectorAll("[data-locate]")) locate(box);
}
