// Which door a visit form is for, from the address it was opened under; and its business, filled in from the day's list.
import { fault, normalise, readToken } from "../credit-code.js";
import { words } from "./who.js";

// {code} or {credit_code}, or null where what was typed is neither; then the frame asks again.
export function placeOf({ pathname, search }) {
  const byCode = /^\/(?:m\/visit\/code|q)\/([^/]+)\/$/.exec(pathname);
  if (byCode) return { code: decodeURIComponent(byCode[1]), ...(new URLSearchParams(search).has("typed") ? { is_code_typed: true } : {}) };
  const byCredit = /^\/m\/visit\/([^/]+)\/$/.exec(pathname);
  if (byCredit && byCredit[1] !== "offline") return { credit_code: decodeURIComponent(byCredit[1]) };
  const asked = new URLSearchParams(search);
  const found = read(asked.get("code") || asked.get("text") || "");
  return found?.code && asked.has("text") ? { ...found, is_code_typed: true } : found;
}

export function read(text) {
  const code = readToken(text);
  if (code) return { code };
  const credit = normalise(text);
  return credit && fault(credit) === "" ? { credit_code: credit } : null;
}

export function why(text) {
  if (!text.trim()) return "";
  const found = fault(normalise(text));
  return { length: words.codeLength, alphabet: words.codeAlphabet, check: words.codeCheck }[found] ?? "";
}

export function fillBusiness(business) {
  const put = (name, text) => { const at = document.querySelector(`[data-business-${name}]`); if (at) at.textContent = text; };
  put("name", business.name || words.unknownFirm);
  put("code", business.credit_code || "—");
  put("kind", business.kind || "—");
  put("address", business.address || "—");
  const marks = document.querySelector("[data-business-marks]");
  for (const mark of business.marks ?? []) {
    const label = document.createElement("span");
    label.className = `label${mark.state ? ` is-${mark.state}` : " muted"}`;
    label.textContent = mark.label;
    marks?.append(label);
  }
}
