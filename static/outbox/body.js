// The visit form as the body of POST /api/v1/visits/, and the refusals of the API as problems of the form.
import { say, words } from "./who.js";

const MAX_NOTE = 500;
const CONSENT = ["scopes", "recipients", "signed_name", "signature_png"];
const PHONE = /^\+?[0-9]+(-[0-9]+)*$/;
// where a refusal, in the API's names, stands on the form (visits/field/forms.py has the same table)
export const ON_FORM = {
  "need.amount_yuan": "amount_wan", "need.purpose": "purpose", "need.purpose_text": "purpose_text",
  "need.preferred_banks": "bank_1", "need.contact_phone": "contact_phone", "need.contact_name": "contact_name",
  "need.term_months": "term_months", "consent.recipients": "recipients", "consent.scope": "scopes",
  "consent.signed_name": "signed_name", "consent.signature_png": "signature_png", "consent": "scopes",
};

export const halfWidth = (text) => text.normalize("NFKC").trim();

// 80.5 万 → "805000.00", without a detour through floating point. null where it is no amount.
export function yuan(wan) {
  const found = /^(\d{1,5})(?:\.(\d{0,4}))?$/.exec(halfWidth(wan).replace(/,/g, ""));
  if (!found) return null;
  const amount = BigInt(found[1]) * 10000n + BigInt((found[2] ?? "").padEnd(4, "0"));
  return amount > 0n ? `${amount}.00` : null;
}

// visit: {id, startedAt} and, where one that was made before is mended, {endedAt, consent}: mending does not move a visit
// to today, nor what the owner signed to another notice.
export function bodyOf(form, place, visit) {
  const data = new FormData(form);
  const text = (name) => String(data.get(name) ?? "").trim();
  const body = {
    id: visit.id, ...place, mode: text("mode"), outcome: text("outcome"), note: text("note"), started_at: visit.startedAt,
    ended_at: visit.endedAt ?? new Date(Math.max(Date.now(), Date.parse(visit.startedAt))).toISOString(),
  };
  if (text("lat") && text("lon")) body.location = { lat: text("lat"), lon: text("lon"), accuracy_m: text("accuracy_m") || null };
  if (text("protection_reason")) body.protection_reason = text("protection_reason");
  if (body.outcome !== "need") return body;
  body.need = {
    amount_yuan: text("amount_wan") ? yuan(text("amount_wan")) : null, purpose: text("purpose"), purpose_text: text("purpose_text"),
    term_months: text("term_months") ? Number(text("term_months")) : null, guarantee: text("guarantee") || "undecided",
    urgency: text("urgency") || "month", contact_name: text("contact_name"), contact_phone: halfWidth(text("contact_phone")),
    preferred_banks: [...new Set(["bank_1", "bank_2", "bank_3"].map(text).filter(Boolean))],
  };
  if (isSigned(data)) {
    const said = { scope: data.getAll("scopes"), recipients: data.getAll("recipients"), signed_name: text("signed_name"), signature_png: text("signature_png") || null };
    body.consent = { notice_version: isSignedBefore(said, visit.consent) ? visit.consent.notice_version : text("notice_version"), ...said };
  }
  return body;
}

// Nothing was ticked or signed that was not there before: then the owner read the notice of that time.
const isSignedBefore = (said, before) => Boolean(before) && said.scope.every((one) => before.scope.includes(one))
  && said.recipients.every((one) => before.recipients.includes(one)) && [null, before.signature_png].includes(said.signature_png);

const isSigned = (data) => CONSENT.some((name) => data.getAll(name).some((value) => String(value).trim()));

// What the phone can tell without the server, by field of the form. The server says the rest.
export function problemsOf(form) {
  const data = new FormData(form);
  const text = (name) => String(data.get(name) ?? "").trim();
  const found = {};
  if (!text("outcome")) found.outcome = words.needOutcome;
  const length = [...text("note")].length; // as the server counts, with what was ticked above
  if (length > MAX_NOTE) found.note = say(words.badNote, length, MAX_NOTE);
  if (text("outcome") !== "need") return found;
  if (text("amount_wan") && !yuan(text("amount_wan"))) found.amount_wan = words.badAmount;
  const phone = halfWidth(text("contact_phone")).replace(/[\s]/g, "").replace(/[‐-―−ー]/g, "-");
  const digits = phone.replace(/\D/g, "").length;
  if (phone && !(PHONE.test(phone) && digits >= 5 && digits <= 20)) found.contact_phone = words.badPhone;
  if (isSigned(data)) {
    if (!data.getAll("scopes").length) found.scopes = words.needScopes;
    if (!text("signed_name")) found.signed_name = words.needName;
  }
  return found;
}

// Each problem at its field, said to screen readers too; what has no field on the form stands above it.
export function show(form, problems, sentence = "") {
  for (const old of form.querySelectorAll("[data-told]")) forget(form, old);
  for (const field of form.querySelectorAll(".field--error")) field.classList.remove("field--error");
  const box = document.querySelector("[data-form-problem]");
  const loose = [];
  let first = null;
  for (const [name, told] of Object.entries(problems)) {
    const input = form.elements[ON_FORM[name] ?? name];
    const element = input instanceof RadioNodeList ? input[0] : input;
    const field = element && element.type !== "hidden" ? element.closest(".field, fieldset") : null;
    if (field) uncover(field);
    if (!field || field.hidden) { loose.push(told); continue; }
    tell(element, field, told);
    first ??= element;
  }
  box.hidden = !(sentence || loose.length);
  box.querySelector("[data-form-sentence]").textContent = [sentence, ...loose].filter(Boolean).join(" ");
  const at = first ?? (box.hidden ? null : box);
  if (!at) return;
  if (at === box) box.tabIndex = -1;
  at.focus({ preventScroll: true });
  (first?.closest(".field, fieldset") ?? box).scrollIntoView({ block: "center" });
}

function tell(element, field, told) {
  const line = document.createElement("p");
  line.className = "field__error";
  line.dataset.told = element.name;
  line.textContent = told;
  line.id = `told-${element.name}`;
  field.classList.add("field--error");
  field.append(line);
  element.setAttribute("aria-invalid", "true");
  element.setAttribute("aria-describedby", [element.getAttribute("aria-describedby"), line.id].filter(Boolean).join(" "));
}

function forget(form, line) {
  const element = form.querySelector(`[aria-describedby~="${line.id}"]`);
  const others = (element?.getAttribute("aria-describedby") ?? "").split(/\s+/).filter((id) => id && id !== line.id);
  if (others.length) element.setAttribute("aria-describedby", others.join(" "));
  else element?.removeAttribute("aria-describedby");
  element?.removeAttribute("aria-invalid");
  line.remove();
}

// A problem is of no use inside something closed, or in a part that only a problem brings up.
function uncover(field) {
  for (let up = field.closest("details"); up; up = up.parentElement.closest("details")) up.open = true;
  field.closest("[data-on-problem]")?.removeAttribute("hidden");
}
