// The camera on the scan page. Nothing is loaded and no camera opens before somebody asks for it (a tap, or a photo).
// Words stand in the template as data-say-…; this file only chooses among them.
import { until } from "./until.js";

const LOOK_EVERY_MS = 120; // between two frames; the pause lets cheap phones breathe
const FRAME_PX = 960; // long side of the frame that is searched: a door code fills a third of it at half a metre
const PHOTO_PX = [1600, 800, 3200]; // sizes a photo is tried at: noise drowns in small ones, distant codes need large ones
const REACH_MS = 4000; // no answer by then: the network is as good as dead
const ALIKE = { O: "0", I: "1", L: "1" };

const box = document.querySelector("[data-scan]");
const part = (name) => box.querySelector(`[data-scan-${name}]`);
const video = part("video");
const status = part("status");
let stream = null;
let isLeaving = false;

// ---- What a code is: the same rule as visits/codes/rules.py read_token ----
function tokenIn(text) {
  let said = text.normalize("NFKC").trim();
  if (said.includes("/")) said = said.includes("/q/") ? said.split("/q/")[1].split(/[/?#]/)[0] : "";
  const token = said.toUpperCase().replace(/[- ]/g, "").replace(/[OIL]/g, (sign) => ALIKE[sign]);
  return /^[0-9A-HJKMNP-TV-Z]{16}$/.test(token) ? token : null;
}

function say(name, kind = "") {
  status.textContent = box.dataset[`say${name}`] || "";
  status.dataset.kind = kind;
  status.hidden = !status.textContent;
}

function show(state) {
  box.dataset.state = state; // idle, starting, looking, leaving
  for (const element of box.querySelectorAll("[data-when]")) {
    element.hidden = !element.dataset.when.split(" ").includes(state);
  }
}

// ---- Reading: the browser's own reader where there is one, else ours ----
let reader = null; // a promise; forgotten when it fails, for the network may be back at the next tap

function keep(coming) {
  reader = coming;
  coming.catch(() => { if (reader === coming) reader = null; });
  return coming;
}

async function nativeReader() {
  if (!("BarcodeDetector" in window)) return null;
  const formats = await BarcodeDetector.getSupportedFormats().catch(() => []);
  return formats.includes("qr_code") ? new BarcodeDetector({ formats: ["qr_code"] }) : null;
}

async function ownReader() {
  if (!box.dataset.reader) throw new Error("the reader is not installed");
  await new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = box.dataset.reader;
    script.onload = resolve;
    script.onerror = () => reject(new Error("the reader did not arrive"));
    document.head.append(script);
  });
  const { BarcodeDetector: Reader, prepareZXingModule } = window.BarcodeDetectionAPI;
  // Left to itself it would fetch the WebAssembly from a stranger's host.
  await prepareZXingModule({ overrides: { locateFile: () => box.dataset.wasm }, fireImmediately: true });
  return new Reader({ formats: ["qr_code"] });
}

function anyReader() {
  return reader ?? keep(nativeReader().then((own) => own ?? ownReader()));
}

async function look(picture) {
  const current = await anyReader();
  try {
    return await current.detect(picture);
  } catch (error) {
    if (current.constructor !== window.BarcodeDetector) throw error;
    // Phones without Google's services have the class and nothing behind it.
    return (await keep(ownReader())).detect(picture);
  }
}

function scaled(source, width, height, longest) {
  const ratio = Math.min(1, longest / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * ratio));
  canvas.height = Math.max(1, Math.round(height * ratio));
  canvas.getContext("2d", { willReadFrequently: true }).drawImage(source, 0, 0, canvas.width, canvas.height);
  return canvas;
}

function take(found) {
  const token = found.map((one) => tokenIn(one.rawValue)).find(Boolean);
  if (token) goOn(token);
  return Boolean(token);
}

// ---- Going on: online to the visit's page, without network to the form that the phone keeps ----
async function isReachable() {
  if (!navigator.onLine) return false;
  try {
    const answer = await fetch(box.dataset.ping, { cache: "no-store", signal: until(REACH_MS) });
    return answer.ok;
  } catch {
    return false;
  }
}

async function goOn(token) {
  if (isLeaving) return;
  isLeaving = true;
  navigator.vibrate?.(60);
  stop();
  show("leaving");
  say("Found", "done");
  const target = (await isReachable()) ? box.dataset.visit : box.dataset.offline;
  window.location.assign(target.replace("TOKEN", token));
}

// ---- The camera ----
function stop() {
  for (const track of stream?.getTracks() || []) track.stop();
  stream = null;
  video.srcObject = null;
}

function pause() {
  if (!stream && box.dataset.state !== "starting") return;
  stop();
  show("idle");
  say("");
}

function offerTorch(track) {
  const button = part("torch");
  const isOffered = Boolean(track.getCapabilities?.().torch);
  button.hidden = !isOffered;
  button.setAttribute("aria-pressed", "false");
  button.onclick = async () => {
    const isOn = button.getAttribute("aria-pressed") !== "true";
    await track.applyConstraints({ advanced: [{ torch: isOn }] }).then(
      () => button.setAttribute("aria-pressed", String(isOn)),
      () => { button.hidden = true; },
    );
  };
}

const REFUSALS = { NotAllowedError: "Denied", SecurityError: "Denied", NotFoundError: "None", OverconstrainedError: "None" };

async function start() {
  if (!navigator.mediaDevices?.getUserMedia) return say(window.isSecureContext ? "Unable" : "Insecure", "late");
  show("starting");
  say("Starting");
  anyReader().catch(() => {}); // on its way while the person is still asked for the camera; `watch` tells of a failure
  const wanted = { facingMode: { ideal: "environment" }, width: { ideal: 1280 }, height: { ideal: 720 } };
  let opened;
  try {
    opened = await navigator.mediaDevices.getUserMedia({ video: wanted, audio: false });
  } catch (error) {
    show("idle");
    return say(REFUSALS[error.name] || "Busy", "late");
  }
  if (box.dataset.state !== "starting" || document.hidden) { // given up meanwhile: the light must not stay on
    for (const track of opened.getTracks()) track.stop();
    return show("idle");
  }
  stream = opened;
  video.srcObject = stream;
  await video.play().catch(() => {}); // iOS in low power mode wants another tap; the frames come all the same
  show("looking");
  say("Aim");
  offerTorch(stream.getVideoTracks()[0]);
  return watch(stream);
}

async function watch(mine) {
  while (stream === mine) {
    if (video.videoWidth) {
      let found;
      try {
        found = await look(scaled(video, video.videoWidth, video.videoHeight, FRAME_PX));
      } catch {
        if (stream === mine) { pause(); say("Unread", "late"); }
        return;
      }
      if (stream !== mine || take(found)) return;
      if (found.length) say("Foreign", "soon"); // and go on: the right code may hang beside it
    }
    await new Promise((resolve) => { setTimeout(resolve, LOOK_EVERY_MS); });
  }
}

// ---- A photo, read on the phone and sent nowhere ----
async function readPhoto(file) {
  pause();
  say("Reading");
  let picture;
  try {
    picture = await createImageBitmap(file);
  } catch {
    return say("Nophoto", "late");
  }
  let hasForeign = false;
  try {
    for (const longest of PHOTO_PX) {
      const found = await look(scaled(picture, picture.width, picture.height, longest));
      if (take(found)) return undefined;
      hasForeign ||= found.length > 0;
    }
  } catch {
    return say("Unread", "late");
  } finally {
    picture.close();
  }
  return say(hasForeign ? "Foreign" : "Nothing", "soon");
}

function setUp() {
  box.hidden = false;
  show("idle");
  part("start").addEventListener("click", start);
  part("stop").addEventListener("click", pause);
  part("photo").addEventListener("change", (event) => {
    const [file] = event.target.files;
    if (file) readPhoto(file).finally(() => { event.target.value = ""; });
  });
  document.addEventListener("visibilitychange", () => { if (document.hidden) pause(); });
  window.addEventListener("pagehide", pause);
  window.addEventListener("pageshow", (event) => { // the back button brings the page as it was left
    if (event.persisted) { isLeaving = false; show("idle"); say(""); }
  });
}

if (box) setUp();
