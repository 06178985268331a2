/** Numbers of cards, accounts and papers. */
import type { Detection } from "../../detector.ts";
import { isPlaceholder, luhn, remainder97 } from "./checksums.ts";
import { matches, wordsBefore } from "./finder.ts";

const CARD = /(?<![\p{L}\d])(?<!\d[.,-])[2-6]\d{3}(?:[ -]{0,2}\d){8,14}\d(?![\p{L}\d])(?![.,-]\d)/dgu;
const IBAN = /(?<![\p{L}\d])[A-Za-z]{2}\d{2}(?:[ -]{0,2}[A-Za-z\d]){11,30}/dgu;
const ACCOUNT_WORD =
  /(?:\b(?:account|acct|a\/c|routing|sort code|aba|bank details)|konto|\bblz|bankleitzahl|\bcompte|\brib\b|cuenta|conto corrente|rekening)[^.!?\n]{0,40}$/;
const ACCOUNT = /(?<![\p{L}\d+])(?<!\d[.,/])\d(?:[ -]?\d){5,16}(?![\p{L}\d])(?![.,/]\d)/dgu;
const PAPER_WORD =
  /(?:passport|reisepass|\bpass(?:nummer|-nr)|personalausweis|ausweisnummer|passeport|pasaporte|passaporto|paspoort|driv(?:er'?s?|ing) licen[cs]e|f[üu]hrerschein|permis de conduire|carte d'identit[ée]|permiso de conducir)[^.!?\n]{0,40}$/;
const PAPER = /(?<![\p{L}\d])[A-Za-z\d]{6,16}(?![\p{L}\d])/dgu;
const PAPER_DIGITS_MIN = 4;
/** What else is called so: `account 12 days ago` and the like are too short to be here. */
const OTHER_WORD = /\b(?:order|ticket|invoice|case|issue|tracking|isbn|version|commit)\b[^.!?\n]{0,12}$/;

/** Card numbers, by their first digits and their check digit. */
export function cardNumbers(text: string): Detection[] {
  return matches(text, CARD, "CardNumber", (written, start) => {
    const digits = written.replace(/\D/g, "");
    if (!isCard(digits) || isPlaceholder(digits) || !luhn(digits)) return 0;
    return /\bisbn|\bimei/.test(wordsBefore(text, start, 20)) ? 0.3 : 0.95;
  });
}

function isCard(digits: string): boolean {
  const { length } = digits;
  if (/^4/.test(digits)) return length === 13 || length === 16 || length === 19;
  if (/^3[47]/.test(digits)) return length === 15;
  if (/^3(?:0[0-5]|[689])/.test(digits)) return length === 14 || length === 16;
  if (/^(?:5[1-5]|2(?:2[2-9]|[3-6]|7[01]|720))/.test(digits)) return length === 16;
  return /^(?:6|35|50|5[6-8])/.test(digits) && length >= 13 && length <= 19;
}

/** IBANs whose country, length and check digits agree. */
export function ibans(text: string): Detection[] {
  return matches(text, IBAN, "IBAN", () => 1).flatMap((found) => {
    const end = endOfIban(text, found.start, found.end);
    return end === null ? [] : [{ ...found, end, score: 0.98 }];
  });
}

/** The words behind an IBAN look as if they were more of it: its country says how long it is. */
function endOfIban(text: string, start: number, longest: number): number | null {
  const chars = IBAN_CHARS[text.slice(start, start + 2).toUpperCase()];
  if (chars === undefined) return null;
  let compact = "";
  let end = start;
  for (; end < longest && compact.length < chars; end++) {
    const char = text[end] ?? "";
    if (char !== " " && char !== "-") compact += char.toUpperCase();
  }
  if (compact.length < chars || /[\p{L}\d]/u.test(text[end] ?? "")) return null;
  return remainder97(compact.slice(4) + compact.slice(0, 4)) === 1 ? end : null;
}

/** Numbers of accounts that have no check digits, beside the word for them. */
export function accountNumbers(text: string): Detection[] {
  return matches(text, ACCOUNT, "BankAccountNumber", (_, start) => {
    const before = wordsBefore(text, start);
    return ACCOUNT_WORD.test(before) && !OTHER_WORD.test(before) ? 0.85 : 0;
  });
}

/** Numbers of passports, identity cards and driving licences, beside the word for them. */
export function paperNumbers(text: string): Detection[] {
  return matches(text, PAPER, "PassportNumber", (written, start) => {
    if (written.replace(/\D/g, "").length < PAPER_DIGITS_MIN) return 0;
    return PAPER_WORD.test(wordsBefore(text, start)) ? 0.9 : 0;
  });
}

/** How long the IBANs of a country are. */
const IBAN_CHARS: Readonly<Partial<Record<string, number>>> = Object.fromEntries(
  (
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 EE20 EG29 " +
    "ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 " +
    "LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 " +
    "RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30"
  )
    .split(" ")
    .map((entry) => [entry.slice(0, 2), Number(entry.slice(2))]),
);
