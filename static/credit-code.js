// The unified social credit code as visits/register/rules_code.py reads it; tests hold both to the same vectors.
const ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"; // GB 32100-2015: 31 characters, no I O Z S V
const SHAPE = /^[1-9ANY][1-9A-HJ-NP-RTUWXY][0-9]{6}[0-9A-HJ-NP-RTUWXY]{10}$/;
const SEPARATORS = /[\s\-‐-―−_.·'`"“”‘’]+/g;

// Full width, lower case, spaces, dashes and quotation marks undone; nothing is guessed.
export const normalise = (raw) => raw.trim().normalize("NFKC").replace(SEPARATORS, "").toUpperCase();

// The weighted sum with the check character weighing 1 is a multiple of 31: that cannot forget the case 31 -> 0.
export function isValid(code) {
  if (!SHAPE.test(code)) return false;
  let sum = ALPHABET.indexOf(code[17]);
  for (let place = 0, weight = 1; place < 17; place += 1, weight = (weight * 3) % 31) sum += ALPHABET.indexOf(code[place]) * weight;
  return sum % 31 === 0;
}

// 15 digits whose last is the ISO 7064 MOD 11,10 check digit of the others (GS 15-2006).
export function isValidLegacy(number) {
  if (!/^[0-9]{15}$/.test(number) || number.startsWith("000000")) return false;
  let check = 10;
  for (const digit of number.slice(0, 14)) check = (((check + Number(digit)) % 10 || 10) * 2) % 11;
  return (check + Number(number[14])) % 10 === 1;
}

// "" where the code holds; else length, alphabet or check.
export function fault(code) {
  if (isValid(code) || isValidLegacy(code)) return "";
  if (![15, 18].includes(code.length)) return "length";
  return (code.length === 15 ? /^[0-9]{15}$/ : SHAPE).test(code) ? "check" : "alphabet";
}

const TOKEN = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"; // Crockford's 32: O is 0, I and L are 1 (visits/codes/rules.py)

// What was scanned or typed, as a bare door code; null where it cannot be one.
export function readToken(raw) {
  let text = raw.slice(0, 500).normalize("NFKC").trim();
  if (text.includes("/")) text = text.split("/q/")[1]?.split(/[/?]/)[0] ?? "";
  const token = text.toUpperCase().replace(/[- ]/g, "").replace(/O/g, "0").replace(/[IL]/g, "1");
  return token.length === 16 && [...token].every((letter) => TOKEN.includes(letter)) ? token : null;
}
