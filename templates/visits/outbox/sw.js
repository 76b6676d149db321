// The phone's own copy of a few frames: today, the visit form, the outbox, scanning. No page with anybody's data is
// kept: what fills the frames comes from IndexedDB. Served with the version in it, so a deploy replaces all of it.
const SITE = JSON.parse("{{ site_json|escapejs }}");
const CACHE = `doorstep-${SITE.version}`;
const SLOW_MS = 6000; // longer than this and a person at a door is better served by what the phone has

self.addEventListener("install", (event) => event.waitUntil(fill().then(() => self.skipWaiting())));

self.addEventListener("activate", (event) => event.waitUntil((async () => {
  const old = (await caches.keys()).filter((name) => name.startsWith("doorstep-") && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
})()));

// A page asks for the frames anew: somebody else signed in, the language or the consent notice changed, or sign-out
// threw them away.
self.addEventListener("message", (event) => {
  if (event.data?.type === "fill") event.waitUntil(fill().then(() => event.ports[0]?.postMessage("filled"), () => {}));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== location.origin) return;
  if (url.pathname.startsWith(SITE.static)) event.respondWith(asset(request, url));
  else if (request.mode !== "navigate") return;
  else if (url.pathname.startsWith("/m/")) event.respondWith(page(request, url));
  // Never kept, never hurried; but an officer who scans a door without network gets the form for it.
  else if (/^\/q\/[^/]+\/$/.test(url.pathname)) event.respondWith(fetch(request).catch(() => frame("visit-offline", "down")));
});

async function page(request, url) {
  const asked = fetch(request).catch(() => null);
  const slow = new Promise((resolve) => setTimeout(resolve, SLOW_MS, "slow"));
  const answer = await Promise.race([asked, slow]);
  if (answer && answer !== "slow" && ![502, 503, 504].includes(answer.status)) return answer;
  const kept = await frame(frameFor(url), answer === "slow" ? "slow" : "down").catch(() => null);
  return kept || (await asked) || Response.error();
}

function frameFor(url) {
  if (url.pathname === SITE.shells.outbox) return "outbox";
  if (url.pathname.startsWith("/m/visit/")) return "visit-offline";
  if (url.pathname === SITE.shells.scan) return url.searchParams.get("text") ? "visit-offline" : "scan";
  return "today-offline";
}

// The frame says of itself that it comes from the phone: no page may look fresh that is not.
async function frame(name, why) {
  const kept = await caches.match(SITE.shells[name]);
  if (!kept) throw new Error(`no frame ${name}`);
  const html = (await kept.text()).replace("<html", `<html data-offline="${why}"`);
  return new Response(html, { headers: kept.headers });
}

// Names with a hash never change; the others (development) are asked for first.
async function asset(request, url) {
  if (isFixed(url)) {
    const kept = await caches.match(request);
    if (kept) return kept;
  }
  try {
    const answer = await fetch(request);
    if (answer.ok) keepOne(request, answer.clone());
    return answer;
  } catch (failure) {
    const kept = await caches.match(request, { ignoreSearch: true });
    if (kept) return kept;
    throw failure;
  }
}

// Beside the answer and not before it: a full phone must not break what did arrive.
const keepOne = (request, answer) => caches.open(CACHE).then((cache) => cache.put(request, answer)).catch(() => {});

// Each frame with what it loads. Bodies are read to the end at once: one left half read would hold its connection, and
// six of those hold everything.
async function fill() {
  const cache = await caches.open(CACHE);
  const seen = new Set();
  for (const address of Object.values(SITE.shells)) {
    const [html, kept] = await take(address);
    await keepAll(cache, [...html.matchAll(/(?:src|href|data-module)="([^"#]+)/g)].map((found) => found[1]), address, seen);
    await cache.put(address, kept);
  }
}

async function keepAll(cache, addresses, from, seen) {
  for (const address of addresses) {
    const url = new URL(address, new URL(from, location.origin));
    if (url.origin !== location.origin || !url.pathname.startsWith(SITE.static) || seen.has(url.href)) continue;
    seen.add(url.href);
    if (isFixed(url) && (await cache.match(url.href))) continue;
    const [text, kept] = await take(url.href);
    await cache.put(url.href, kept);
    if (!url.pathname.endsWith(".js")) continue;
    const imports = [...text.matchAll(/\bimport\s*(?:[\w*{}\s,]+from\s*)?\(?"(\.[^"]+)"/g)];
    await keepAll(cache, imports.map((found) => found[1]), url.href, seen);
  }
}

async function take(address) {
  const answer = await fetch(address, { credentials: "same-origin", cache: "no-cache" });
  // a sign-in page in place of the frame must not be kept
  if (!answer.ok || answer.redirected) throw new Error(`${address} ${answer.status}`);
  const body = await answer.arrayBuffer();
  const headers = new Headers(answer.headers);
  for (const header of ["Content-Encoding", "Content-Length"]) headers.delete(header);
  return [new TextDecoder().decode(body), new Response(body, { headers })];
}

const isFixed = (url) => /\.[0-9a-f]{12}\./.test(url.pathname);
