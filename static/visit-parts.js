// What a visit form gains from JavaScript: banks named in the need come first, a position on request, a finger signature.
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

function signature(box) {
  const canvas = box.querySelector("canvas");
  const pen = canvas.getContext("2d");
  const field = form.elements.signature_png;
  let last = null;
  const clear = () => { pen.fillStyle = "#fff"; pen.fillRect(0, 0, canvas.width, canvas.height); field.value = ""; };
  const size = () => {
    if (!canvas.clientWidth || canvas.width === canvas.clientWidth) return; // hidden, or nothing changed
    canvas.width = canvas.clientWidth;
    canvas.height = canvas.clientHeight;
    clear();
  };
  box.hidden = false;
  new ResizeObserver(size).observe(canvas);
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    last = [event.offsetX, event.offsetY];
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!last) return;
    pen.strokeStyle = "#111";
    pen.lineWidth = 2.5;
    pen.lineCap = "round";
    pen.beginPath();
    pen.moveTo(...last);
    last = [event.offsetX, event.offsetY];
    pen.lineTo(...last);
    pen.stroke();
  });
  for (const end of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(end, () => { if (last) { last = null; field.value = canvas.toDataURL("image/png"); } });
  }
  box.querySelector("[data-signature-clear]").addEventListener("click", clear);
}

if (form) {
  for (const box of form.querySelectorAll("[data-bank-choice]")) bankChoice(box);
  for (const box of form.querySelectorAll("[data-locate]")) locate(box);
  for (const box of form.querySelectorAll("[data-signature]")) signature(box);
}
