/** E-mail addresses and phone numbers. */
import { parsePhoneNumberFromString as parsePhone } from "libphonenumber-js/max";
import type { Detection } from "../../detector.ts";
import { matches, wordsAround, wordsBefore } from "./finder.ts";

const LOCAL_CHAR = /[\p{L}\p{N}.!#$%&'*+/=?^_`{|}~-]/u;
const DOMAIN_CHAR = /[\p{L}\p{N}.-]/u;
const LOCAL_CHARS_MAX = 64;
const DOMAIN_CHARS_MAX = 255;
/** What a file's name ends with is no domain. */
const FILE_ENDINGS = /\.(?:png|jpe?g|gif|svg|webp|m?[jt]sx?|css|html?|json|ya?ml|md|txt|pdf|py|sh|rb|go|rs|lock)$/i;
const SPELLED =
  /(?<entity>(?<![\p{L}\d.])[\p{L}\d_+-][\p{L}\d._+-]{0,40}\s?[([{<]?\s?(?:at|@|arroba|ät)\s?[)\]}>]?\s?[\p{L}\d-]{2,40}(?:\s?(?:[([{<]\s?(?:dot|punkt|punto|point)\s?[)\]}>]|\s(?:dot|punkt|punto)\s)\s?[\p{L}\d-]{2,30}){1,3})(?![\p{L}\d])/dgiu;

/** Addresses as they are, and those that are spelled against robots: `jane (at) example (dot) org`. */
export function emailAddresses(text: string): Detection[] {
  return [...plainAddresses(text), ...matches(text, SPELLED, "EmailAddress", () => 0.85)];
}

function plainAddresses(text: string): Detection[] {
  const found: Detection[] = [];
  for (let at = text.indexOf("@"); at >= 0; at = text.indexOf("@", at + 1)) {
    let start = at;
    while (start > 0 && at - start < LOCAL_CHARS_MAX && LOCAL_CHAR.test(text[start - 1] ?? "")) start--;
    let end = at + 1;
    while (end < text.length && end - at <= DOMAIN_CHARS_MAX && DOMAIN_CHAR.test(text[end] ?? "")) end++;
    while (end > at && /[.-]/.test(text[end - 1] ?? "")) end--;
    while (start < at && /[.'`*{|=/-]/.test(text[start] ?? "")) start++;
    const domain = text.slice(at + 1, end);
    if (start === at || text[end] === "@" || !/^[^.](?:.*[^.])?\.\p{L}{2,}$/su.test(domain) || /\.\./.test(domain))
      continue;
    // `git@host:path` names a place of code.
    const isPlace = FILE_ENDINGS.test(domain) || (text[end] === ":" && /[\w~/]/.test(text[end + 1] ?? ""));
    found.push({ entity: "EmailAddress", score: isPlace ? 0.3 : 0.98, start, end });
  }
  return found;
}

const INTERNATIONAL = /(?<![\p{L}\d+])(?:\+|00)[1-9](?:[\s()./-]{0,3}\d){6,14}(?![\p{L}\d])/dgu;
const NATIONAL =
  /(?<![\p{L}\d+#$€£.,:/-])\(?\d(?:[\s()./-]{0,3}\d){6,12}(?:\s?(?:x|ext\.?)\s?\d{1,5})?(?![\p{L}\d%])(?![.,:/-]\d)/dgu;
const PHONE_WORD =
  /\b(?:call(?:ed|ing)?|phone|telephone|tel|mobile|cell|fax|whatsapp|sms|text me|text|ring|dial|hotline|reach|telefon\w*|handy\w*|mobil\w*|festnetz|anruf\w*|erreich\w*|rufnummer|rückruf|durchwahl|t[ée]l[ée]phone|appel\w*|portable|joindre|joignable|numéro|llam\w*|tel[ée]fono|m[óo]vil|celular|n[úu]mero|telefoon|bel)\b/;
const OTHER_NUMBER =
  /\b(?:order|bestell\w*|invoice|rechnung\w*|ticket|tracking|serial|part|sku|isbn|issn|imei|version|build|case|reference|ref|account|acct|konto\w*|customer|kunden\w*|model|id|no|commande|facture|pedido|factura|population|rfc|port|zip|plz|postcode|nhs|ssn|sin|tfn|bsn|nif)\b[^.!?\n]{0,16}$/;

/** Phone numbers, with the code of their country or as people write them at home. */
export function phoneNumbers(text: string): Detection[] {
  return [
    ...matches(text, INTERNATIONAL, "PhoneNumber", (written) => {
      const phone = parsePhone(written.replace(/^00/, "+").replace("(0)", ""));
      if (phone?.isValid()) return 0.95;
      return written.startsWith("+") && phone?.isPossible() ? 0.85 : 0;
    }),
    ...matches(text, NATIONAL, "PhoneNumber", (written, start, end) => nationalScore(text, written, start, end)),
  ];
}

function nationalScore(text: string, written: string, start: number, end: number): number {
  const number = written.replace(/\s?(?:x|ext).*$/, "");
  const digits = number.replace(/\D/g, "");
  if (/^(?:19|20)\d\d[\s./-]\d\d?[\s./-]\d\d?$|^\d\d?[\s./-]\d\d?[\s./-](?:19|20)\d\d$/.test(number.trim())) return 0;
  if (/(\d)\1{6}/.test(digits) || (number.match(/\(/g)?.length ?? 0) !== (number.match(/\)/g)?.length ?? 0)) return 0;
  const isTold = PHONE_WORD.test(wordsAround(text, start, end));
  const shape = shapeScore(number, digits);
  const near = wordsBefore(text, start, 24);
  if (OTHER_NUMBER.test(near) && !PHONE_WORD.test(near)) return shape > 0.7 ? 0.4 : 0;
  if (isTold) return shape > 0 || digits.length >= 8 ? Math.max(0.85, shape) : digits.length === 7 ? 0.6 : 0;
  return shape;
}

/** How much a number looks like a phone's where no word says so. */
function shapeScore(number: string, digits: string): number {
  if (/^\(?[2-9]\d\d\)?[\s.-]{1,2}[2-9]\d\d[\s.-]\d{4}$/.test(number)) return /^\(|[.-]/.test(number) ? 0.85 : 0.6;
  if (/^1[\s.-]\(?[2-9]\d\d\)?[\s.-][2-9]\d\d[\s.-]\d{4}$/.test(number)) return 0.85;
  const isGrouped = /\d[\s()/.-]+\d/.test(number);
  if (digits.startsWith("0") && digits.length >= 9) {
    const country = /^0[1-9](?:[\s.]\d\d){4}$/.test(number)
      ? "FR"
      : digits.length === 11 && /^0[1237]/.test(digits)
        ? "GB"
        : "DE";
    const isValid = parsePhone(number, country)?.isPossible() === true;
    return isValid ? (isGrouped ? 0.8 : 0.55) : 0.3;
  }
  if (/^[6-9]\d{2}[ -]\d{3}[ -]\d{3}$|^[6-9]\d{2} \d{2} \d{2} \d{2}$/.test(number)) return 0.6;
  if (/^[6-9]\d{4}[ -]\d{5}$|^\(\d\d\) ?9?\d{4}-\d{4}$/.test(number)) return 0.7;
  return 0;
}
