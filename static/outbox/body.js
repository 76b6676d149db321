// The visit form as the body of POST /api/v1/visits/, and the refusals of the API as problems of the form.
import { words } from "./who.js";

const CONSENT = ["scopes", "recipients", "signed_name"];
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

export function bodyOf(form, place, id, startedAt) {
  const data = new FormData(form);
  const text = (name) => String(data.get(name) ?? "").trim();
  const body = {
    id, ...place, mode: text("mode"), outcome: text("outcome"), note: text("note"),
    started_at: startedAt, ended_at: new Date(Math.max(Date.now(), Date.parse(startedAt))).toISOString(),
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
    body.consent = {
      notice_version: text("notice_version"), scope: data.getAll("scopes"), recipients: data.getAll("recipients"),
      signed_name: text("signed_name"), signature_png: text("signature_png") || null,
    };
  }
  return body;
}

const isSigned = (data) => CONSENT.some((name) => data.getAll(name).some((value) => String(value).trim()));

// What the phone can tell without the server, by field of the form. The server says the rest.
export function problemsOf(form) {
  const data = new FormData(form);
  const text = (name) => String(data.get(name) ?? "").trim();
  const found = {};
  if (!text("outcome")) found.outcome = words.needOutcome;
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

export function show(form, problems, sentence = "") {
  for (const old of form.querySelectorAll("[data-told]")) old.remove();
  for (const field of form.querySelectorAll(".field--error")) field.classList.remove("field--error");
  const box = document.querySelector("[data-form-problem]");
  const loose = [];
  let first = null;
  for (const [name, told] of Object.entries(problems)) {
    const input = form.elements[ON_FORM[name] ?? name];
    const element = input instanceof RadioNodeList ? input[0] : input;
    const field = element && element.type !== "hidden" ? element.closest(".field, fieldset") : null;
    if (!field || field.hidden) { loose.push(told); continue; }
    const line = document.createElement("p");
    line.className = "field__error";
    line.dataset.told = "";
    line.textContent = told;
    line.id = `told-${ON_FORM[name] ?? name}`;
    field.classList.add("field--error");
    field.append(line);
    element.setAttribute("aria-describedby", line.id);
    first ??= field;
  }
  box.hidden = !(sentence || loose.length);
  box.querySelector("[data-form-sentence]").textContent = [sentence, ...loose].filter(Boolean).join(" ");
  (first ?? (box.hidden ? null : box))?.scrollIntoView({ block: "center" });
}
