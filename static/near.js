// form[data-near]: "nearest to me". The position is asked for on the tap and not before; where it is not to be had, the
// page says so and stays as it is.
const form = document.querySelector("form[data-near]");
if (form && navigator.geolocation) {
  const word = form.querySelector("[data-near-word]");
  const label = word.textContent;
  const said = document.querySelector("[data-near-said]");
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    if (form.elements.lat.value) return;
    event.preventDefault();
    word.textContent = form.dataset.asking;
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        form.elements.lat.value = coords.latitude.toFixed(3);
        form.elements.lon.value = coords.longitude.toFixed(3);
        form.submit();
      },
      () => {
        word.textContent = label;
        said.textContent = form.dataset.denied;
        said.hidden = false;
      },
      { timeout: 10000, maximumAge: 60000 },
    );
  });
  window.addEventListener("pageshow", (event) => { // the back button brings the position of then along
    if (!event.persisted) return;
    form.elements.lat.value = form.elements.lon.value = "";
    word.textContent = label;
  });
}
