// A finger signature: <div data-signature hidden> with a canvas and <button data-signature-clear>, in a form with a hidden
// field "signature_png" that gets the PNG as a data URL. Without JavaScript the box stays hidden; a typed name is enough.
function signature(box) {
  const canvas = box.querySelector("canvas");
  const pen = canvas.getContext("2d");
  const field = box.closest("form").elements.signature_png;
  let last = null;
  const blank = () => { pen.fillStyle = "#fff"; pen.fillRect(0, 0, canvas.width, canvas.height); };
  const again = () => { // a form that came back with something to mend still holds what was drawn
    const drawn = new Image();
    drawn.addEventListener("load", () => pen.drawImage(drawn, 0, 0));
    drawn.src = field.value;
  };
  const size = () => {
    if (!canvas.clientWidth || canvas.width === canvas.clientWidth) return; // hidden, or nothing changed
    canvas.width = canvas.clientWidth;
    canvas.height = canvas.clientHeight;
    blank();
    if (field.value.startsWith("data:image/png;base64,")) again();
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
  box.querySelector("[data-signature-clear]").addEventListener("click", () => { blank(); field.value = ""; });
}

for (const box of document.querySelectorAll("[data-signature]")) signature(box);
