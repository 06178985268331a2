/** Dates of birth: dates beside a word that says so, in English, German, French, Spanish, Italian, Portuguese and Dutch. */
import type { Detection } from "../../detector.ts";
import { matches, wordsAround } from "./finder.ts";

const MONTH =
  "(?:jan(?:uary|uar|vier|\\.)?|feb(?:ruary|ruar|\\.)?|f[ée]vr(?:ier|\\.)?|mar(?:ch|s|zo|\\.)?|m[äa]rz|apr(?:il|ile|\\.)?|avril|abril|ma[iy]o?|maggio|jun(?:e|i|io|\\.)?|juin|giugno|jul(?:y|i|io|\\.)?|juillet|luglio|aug(?:ust|\\.)?|ao[ûu]t|agosto|sept?(?:ember|embre|iembre|\\.)?|set(?:iembre|tembre)|o[ck]t(?:ober|obre|ubre|\\.)?|ottobre|nov(?:ember|embre|iembre|\\.)?|de[cz](?:ember|\\.)?|d[ée]cembre|diciembre|dicembre|enero|febrero|gennaio|febbraio|dic|janeiro|fevereiro|mar[çc]o|maio|junho|julho|setembro|outubro|novembro|dezembro|januari|februari|maart|juni|juli|augustus)";
const DATE = new RegExp(
  `(?<![\\p{L}\\d/.-])(?:(?:19|20)\\d\\d([-/.])(?:0?[1-9]|1[0-2])\\1(?:[0-2]?\\d|3[01])|(?:[0-2]?\\d|3[01])([-/.])\\s?(?:[0-2]?\\d|3[01])\\2\\s?(?:(?:19|20)\\d\\d|\\d\\d)|(?:[0-2]?\\d|3[01])(?:st|nd|rd|th|er|\\.|º)?\\s(?:of\\s|de\\s)?${MONTH},?\\s(?:de\\s|del\\s)?(?:19|20)\\d\\d|${MONTH}\\s(?:[0-2]?\\d|3[01])(?:st|nd|rd|th)?,?\\s(?:19|20)\\d\\d)(?![\\p{L}\\d/-])`,
  "dgiu",
);
const BIRTH =
  /\b(?:born|birth(?:day|date)?|date of birth|d\.?o\.?b\.?|geboren|geb\.|geburtstag|geburtsdatum|naissance|nacid[oa]|nacimiento|cumpleaños|nacimento|nat[oa] (?:il|a)|nascita|nascimento|nascid[oa]|nasci em|geboortedatum|geboren op)(?![\p{L}])|(?<!\p{L})née?(?:\(e\))? le\b/u;

export function birthDates(text: string): Detection[] {
  return matches(text, DATE, "DateOfBirth", (_, start, end) => (BIRTH.test(wordsAround(text, start, end)) ? 0.9 : 0));
}
