// <div data-refresh="/address/">: fetched again while it says so and replaced by what comes. What comes without
// data-refresh is the end. Failures wait longer; somebody signed out or without right meets the page itself.
const EVERY_MS = 2000;
const LONGEST_MS = 30000;

async function refresh(place, pause) {
  let next = place;
  try {
    if (!document.hidden) {
      const answer = await fetch(place.dataset.refresh, { headers: { Accept: "text/html" } });
      if (answer.redirected || (answer.status >= 400 && answer.status < 500)) return location.reload();
      if (!answer.ok) throw new Error(String(answer.status));
      const html = new DOMParser().parseFromString(await answer.text(), "text/html");
      next = document.adoptNode(html.body.firstElementChild);
      place.replaceWith(next);
      pause = EVERY_MS;
    }
  } catch {
    pause = Math.min(pause * 2, LONGEST_MS);
  }
  if (next.dataset.refresh) setTimeout(refresh, pause, next, pause);
}

for (const place of document.querySelectorAll("[data-refresh]")) setTimeout(refresh, EVERY_MS, place, EVERY_MS);
