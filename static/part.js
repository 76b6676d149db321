// <div data-part="/address/" hidden>: fetched once and shown when it has something to say. Silence on any failure:
// the page around it stands on its own.
for (const place of document.querySelectorAll("[data-part]")) {
  fetch(place.dataset.part, { headers: { Accept: "text/html" } })
    .then((answer) => (answer.ok && !answer.redirected ? answer.text() : ""))
    .then((html) => {
      if (!html.trim()) return;
      place.append(...new DOMParser().parseFromString(html, "text/html").body.childNodes);
      place.hidden = false;
    })
    .catch(() => {});
}
