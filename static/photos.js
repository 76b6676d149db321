// Photos of a visit: made small on the phone and encoded anew, so that place and time of the camera (EXIF) stay behind.
// Loaded when the first photo is chosen. Afterwards the file field itself holds the small ones: whoever sends the form,
// the browser or the outbox, sends those and nothing else.
const EDGE = 1600;
const HEAVY = 1_500_000; // bytes after which a stronger squeeze is worth it
const TOO_LARGE = 40_000_000; // a phone that opens more runs out of memory and loses the form
const kept = new WeakMap(); // box → [{file, look}]

const say = (sentence, thing) => sentence.replace("{0}", thing);

export async function take(box, whenChanged) {
  const field = box.querySelector("input[type=file]");
  const form = field.form;
  const mine = kept.get(box) ?? [];
  const chosen = [...field.files];
  const problems = [];
  kept.set(box, mine);
  form.dataset.photosBusy = "";
  whenChanged();
  for (const file of chosen) {
    if (mine.length >= Number(box.dataset.most)) { problems.push(box.dataset.full); break; }
    try {
      if (file.size > TOO_LARGE) throw new RangeError();
      mine.push(await shrink(file));
    } catch (error) {
      problems.push(say(error instanceof RangeError ? box.dataset.tooLarge : box.dataset.unreadable, file.name));
    }
  }
  hold(box, field);
  delete form.dataset.photosBusy;
  draw(box, field, problems, whenChanged);
  whenChanged();
}

async function shrink(file) {
  const picture = await createImageBitmap(file); // upright, as the camera meant it
  const scale = Math.min(1, EDGE / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  const pen = canvas.getContext("2d", { alpha: false });
  pen.fillStyle = "#fff"; // under a picture with holes
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.imageSmoothingQuality = "high";
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  let blob = await encoded(canvas, 0.8);
  if (blob.size > HEAVY) blob = await encoded(canvas, 0.6);
  return { file: new File([blob], "photo.jpg", { type: "image/jpeg" }), look: canvas };
}

function encoded(canvas, quality) {
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no picture"))), "image/jpeg", quality);
  });
}

function hold(box, field) {
  const all = new DataTransfer();
  for (const { file } of kept.get(box)) all.items.add(file);
  field.files = all.files;
}

function draw(box, field, problems, whenChanged) {
  const list = box.querySelector("[data-photos-list]");
  const row = box.querySelector("[data-photo-row]");
  const mine = kept.get(box);
  list.replaceChildren(...mine.map((photo, at) => {
    const item = row.content.cloneNode(true);
    thumbnail(item.querySelector("canvas"), photo.look);
    const button = item.querySelector("button");
    button.setAttribute("aria-label", say(box.dataset.remove, at + 1));
    button.addEventListener("click", () => {
      mine.splice(at, 1);
      hold(box, field);
      draw(box, field, [], whenChanged);
      whenChanged();
      field.focus();
    });
    return item;
  }));
  list.hidden = !mine.length;
  field.disabled = false;
  field.closest(".photo-pick").hidden = mine.length >= Number(box.dataset.most);
  const said = box.querySelector("[data-photos-said]");
  said.textContent = problems.join(" ") || said.dataset.help;
  said.classList.toggle("is-late", problems.length > 0);
}

function thumbnail(canvas, look) {
  const side = Math.min(look.width, look.height);
  canvas.getContext("2d").drawImage(look, (look.width - side) / 2, (look.height - side) / 2, side, side, 0, 0, canvas.width, canvas.height);
}
