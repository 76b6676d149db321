// The visit form's frame opened without a door, or for a code that does not hold: ask for it here.
import { placeOf, why } from "./place.js";
import { words } from "./who.js";

const box = document.querySelector("[data-ask-code]");
const asked = new URLSearchParams(location.search);
const text = asked.get("text") || asked.get("code") || "";

if (box && !placeOf(location)) {
  box.hidden = false;
  for (const part of document.querySelectorAll("[data-visit-part]")) part.hidden = true;
  box.querySelector("input").value = text;
  const mend = box.querySelector("[name=mend]"); // a visit that is to be mended stays that visit
  mend.value = asked.get("mend") ?? "";
  mend.disabled = !mend.value;
  const problem = box.querySelector("[data-ask-problem]");
  problem.hidden = !text;
  problem.textContent = why(text) || words.codeLength;
}
