/**
 * Numbers by which states know people. Each has its shape, its check digits where it has some, and the words that people
 * write beside it. A shape that is common among other numbers counts only beside such a word.
 */
import type { Detection } from "../../detector.ts";
import { isDay, isPlaceholder, luhn, mod11of10, verhoeff, weighted } from "./checksums.ts";
import { wordsAround } from "./finder.ts";

type NationalId = {
  entity: string;
  /** As it is written, in capitals. */
  shape: string;
  /** Of the number without blanks and marks. */
  check: (id: string) => boolean;
  /** What people call it. */
  words: RegExp;
  /** How sure a number of this shape is with no such word beside it. */
  alone: number;
};

const BESIDE_ITS_WORD = 0.97;
/** Words that any of them may have beside it. */
const ANY_WORD =
  /\b(?:national (?:id|identity|insurance)|identity (?:card|number|no)|id (?:number|no|card)|personal (?:id|number|code)|social (?:security|insurance)|tax(?:payer)? (?:id|number|no|file|identification)|citizen)/;

const LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE";
const CODICE_ODD = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];

const number = (text: string, from: number, to: number) => Number(text.slice(from, to));
const day = (id: string, year: number, month: number, date: number) =>
  isDay(number(id, year, year + 2), number(id, month, month + 2), number(id, date, date + 2));

function codiceFiscale(id: string): boolean {
  const sum = [...id.slice(0, 15)].reduce((total, char, index) => {
    const value = /\d/.test(char) ? Number(char) : char.charCodeAt(0) - 65;
    return total + (index % 2 === 0 ? (CODICE_ODD[value] ?? 0) : value);
  }, 0);
  return String.fromCharCode(65 + (sum % 26)) === id[15];
}

function nir(id: string): boolean {
  const key = Number(id.slice(13));
  const body = id.slice(0, 13).replace("2A", "19").replace("2B", "18");
  return /^\d{13}$/.test(body) && key === 97 - Number(BigInt(body) % 97n);
}

function pesel(id: string): boolean {
  const month = number(id, 2, 4) % 20;
  return isDay(number(id, 0, 2), month, number(id, 4, 6)) && weighted(id, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]) % 10 === 0;
}

function cpf(id: string): boolean {
  const digit = (length: number) =>
    ((weighted(
      id,
      Array.from({ length }, (_, index) => length + 1 - index),
    ) *
      10) %
      11) %
    10;
  return digit(9) === number(id, 9, 10) && digit(10) === number(id, 10, 11);
}

function fodselsnummer(id: string): boolean {
  const first = weighted(id, [3, 7, 6, 1, 8, 9, 4, 5, 2, 1]);
  const second = weighted(id, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]);
  const date = number(id, 0, 2);
  return (
    first % 11 === 0 && second % 11 === 0 && isDay(number(id, 4, 6), number(id, 2, 4), date > 40 ? date - 40 : date)
  );
}

function tckn(id: string): boolean {
  const digits = [...id].map(Number);
  const sum = (from: number, to: number, step: number) =>
    digits.slice(from, to).reduce((total, digit, index) => total + (index % step === 0 ? digit : 0), 0);
  const tenth = (((sum(0, 9, 2) * 7 - sum(1, 8, 2)) % 10) + 10) % 10;
  return digits[0] !== 0 && tenth === digits[9] && sum(0, 10, 1) % 10 === digits[10];
}

function rut(id: string): boolean {
  const body = id.slice(0, -1);
  const sum = [...body].reverse().reduce((total, digit, index) => total + Number(digit) * (2 + (index % 6)), 0);
  return "0K987654321"[sum % 11] === id.at(-1);
}

const PPS_LETTERS = "WABCDEFGHIJKLMNOPQRSTUV";
function pps(id: string): boolean {
  const extra = id.length > 8 ? PPS_LETTERS.indexOf(id[8] ?? "") * 9 : 0;
  return extra >= 0 && PPS_LETTERS[(weighted(id, [8, 7, 6, 5, 4, 3, 2]) + extra) % 23] === id[7];
}

function curp(id: string): boolean {
  const alphabet = "0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ";
  const sum = [...id.slice(0, 17)].reduce((total, char, index) => total + alphabet.indexOf(char) * (18 - index), 0);
  return (10 - (sum % 10)) % 10 === Number(id[17]) && day(id, 4, 6, 8);
}

function hetu(id: string): boolean {
  // The century's sign is a letter, or was a mark.
  const sum = Number(id.slice(0, 6) + id.slice(-4, -1));
  return "0123456789ABCDEFHJKLMNPRSTUVWXY"[sum % 31] === id.at(-1) && day(id, 4, 2, 0);
}

const belgian = (id: string) =>
  [id.slice(0, 9), `2${id.slice(0, 9)}`].some((body) => 97 - (Number(body) % 97) === number(id, 9, 11));
const personnummer = (id: string) => {
  const short = id.slice(-10);
  return luhn(short) && isDay(number(short, 0, 2), number(short, 2, 4), number(short, 4, 6) % 60);
};
const residentOfChina = (id: string) =>
  "10X98765432"[weighted(id, [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]) % 11] === id[17] &&
  isDay(number(id, 6, 10), number(id, 10, 12), number(id, 12, 14));

/** Numbers of nine and ten digits are common: they count beside their word only. */
const ONLY_BESIDE = 0.3;

const IDS: readonly NationalId[] = [
  {
    entity: "NationalId.US.SSN",
    shape: "(?!000|666|9)\\d{3}[- .]?(?!00)\\d{2}[- .]?(?!0000)\\d{4}",
    check: (id) => !isPlaceholder(id) && id !== "078051120",
    words: /\b(?:ssn|social)\b/,
    alone: ONLY_BESIDE,
  },
  {
    entity: "NationalId.US.SSN",
    shape: "(?!000|666|9)\\d{3}-(?!00)\\d{2}-(?!0000)\\d{4}",
    check: (id) => !isPlaceholder(id),
    words: /\b(?:ssn|social)\b/,
    alone: 0.85,
  },
  {
    entity: "NationalId.US.ITIN",
    shape: "9\\d{2}-(?:5\\d|6[0-5]|7\\d|8[0-8]|9[0-24-9])-\\d{4}",
    check: () => true,
    words: /\bitin\b/,
    alone: 0.85,
  },
  {
    entity: "NationalId.GB.NINO",
    shape: "(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z] ?\\d{2} ?\\d{2} ?\\d{2} ?[A-D]",
    check: () => true,
    words: /\b(?:nino|national insurance|ni (?:number|no))\b/,
    alone: 0.9,
  },
  {
    entity: "NationalId.GB.NHS",
    shape: "\\d{3}[ -]?\\d{3}[ -]?\\d{4}",
    check: (id) => !isPlaceholder(id) && weighted(id, [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]) % 11 === 0,
    words: /\bnhs\b/,
    alone: ONLY_BESIDE,
  },
  {
    entity: "NationalId.DE.TaxId",
    shape: "[1-9]\\d ?\\d{3} ?\\d{3} ?\\d{3}",
    check: (id) => !isPlaceholder(id) && mod11of10(id),
    words: /steuer|\bidnr\b|\btin\b|identifikationsnummer/,
    alone: 0.45,
  },
  {
    entity: "NationalId.DE.SocialInsurance",
    shape: "\\d{2} ?(?:0[1-9]|[12]\\d|3[01])(?:0[1-9]|1[0-2])\\d{2} ?[A-Z] ?\\d{3}",
    check: (id) => {
      const digits = id.slice(0, 8) + String(id.charCodeAt(8) - 64).padStart(2, "0") + id.slice(9);
      const sum = [2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1].reduce((total, weight, index) => {
        const product = weight * Number(digits[index]);
        return total + Math.floor(product / 10) + (product % 10);
      }, 0);
      return sum % 10 === Number(digits[12]);
    },
    words: /sozialversicherung|rentenversicherung|\bsv-?n/,
    alone: 0.9,
  },
  {
    entity: "NationalId.FR.NIR",
    shape: "[12] ?\\d{2} ?(?:0[1-9]|1[0-2]|[2-9]\\d) ?(?:\\d{2}|2[AB]) ?\\d{3} ?\\d{3} ?\\d{2}",
    check: nir,
    words: /s[ée]curit[ée] sociale|\bnir\b|\binsee\b|num[ée]ro de s[ée]cu/,
    alone: 0.95,
  },
  {
    entity: "NationalId.ES.DNI",
    shape: "\\d{8}[- ]?[A-Z]",
    check: (id) => LETTERS[Number(id.slice(0, 8)) % 23] === id[8],
    words: /\b(?:dni|nif|documento)\b/,
    alone: 0.85,
  },
  {
    entity: "NationalId.ES.NIE",
    shape: "[XYZ][- ]?\\d{7}[- ]?[A-Z]",
    check: (id) => LETTERS[Number("XYZ".indexOf(id[0] ?? "") + id.slice(1, 8)) % 23] === id[8],
    words: /\b(?:nie|extranjero)\b/,
    alone: 0.9,
  },
  {
    entity: "NationalId.IT.CodiceFiscale",
    shape: "[A-Z]{6} ?\\d{2}[A-EHLMPR-T]\\d{2} ?[A-Z]\\d{3}[A-Z]",
    check: codiceFiscale,
    words: /codice fiscale|\bc\.?f\.?\b/,
    alone: 0.97,
  },
  {
    entity: "NationalId.IN.Aadhaar",
    shape: "[2-9]\\d{3}[ -]?\\d{4}[ -]?\\d{4}",
    check: (id) => !isPlaceholder(id) && verhoeff(id),
    words: /\b(?:aadhaar|aadhar|uidai|uid)\b/,
    alone: 0.45,
  },
  {
    entity: "NationalId.IN.Aadhaar",
    shape: "(?<!\\d[ -])[2-9]\\d{3}[ -]\\d{4}[ -]\\d{4}(?![ -]?\\d)",
    check: verhoeff,
    words: /\b(?:aadhaar|aadhar|uidai|uid)\b/,
    alone: 0.7,
  },
  {
    entity: "NationalId.IN.PAN",
    shape: "[A-Z]{3}[ABCFGHJLPT][A-Z]\\d{4}[A-Z]",
    check: () => true,
    words: /\bpan\b|permanent account/,
    alone: 0.6,
  },
  {
    entity: "NationalId.NL.BSN",
    shape: "\\d{9}|\\d{4}[. ]\\d{2}[. ]\\d{3}",
    check: (id) => !isPlaceholder(id) && weighted(id, [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 === 0,
    words: /\b(?:bsn|burgerservicenummer|sofinummer)\b/,
    alone: ONLY_BESIDE,
  },
  {
    entity: "NationalId.PL.PESEL",
    shape: "\\d{11}",
    check: pesel,
    words: /\bpesel\b/,
    alone: 0.6,
  },
  {
    entity: "NationalId.BR.CPF",
    shape: "\\d{3}\\.?\\d{3}\\.?\\d{3}-?\\d{2}",
    check: (id) => !isPlaceholder(id) && cpf(id),
    words: /\bcpf\b/,
    alone: 0.6,
  },
  {
    entity: "NationalId.CA.SIN",
    shape: "\\d{3}[- ]?\\d{3}[- ]?\\d{3}",
    check: (id) => !isPlaceholder(id) && luhn(id),
    words: /\b(?:sin|nas|assurance sociale)\b/,
    alone: ONLY_BESIDE,
  },
  {
    entity: "NationalId.SE.Personnummer",
    shape: "(?:19|20)?\\d{6}[-+]\\d{4}|(?:19|20)\\d{6}\\d{4}",
    check: personnummer,
    words: /personnummer|\bpnr\b/,
    alone: 0.85,
  },
  {
    entity: "NationalId.SE.Personnummer",
    shape: "\\d{10}",
    check: personnummer,
    words: /personnummer|\bpnr\b/,
    alone: ONLY_BESIDE,
  },
  {
    entity: "NationalId.CH.AHV",
    shape: "756[. ]?\\d{4}[. ]?\\d{4}[. ]?\\d{2}",
    check: (id) => weighted(id, [1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1]) % 10 === 0,
    words: /\b(?:ahv|avs|nss)\b|sozialversicherung/,
    alone: 0.95,
  },
  {
    entity: "NationalId.BE.Rijksregister",
    shape: "\\d{2}[. ]?\\d{2}[. ]?\\d{2}[- ]?\\d{3}[. ]?\\d{2}",
    check: (id) => belgian(id) && isDay(number(id, 0, 2), number(id, 2, 4) % 20, number(id, 4, 6)),
    words: /rijksregister|registre national|\b(?:insz|niss)\b/,
    alone: 0.7,
  },
  {
    entity: "NationalId.FI.HETU",
    shape: "\\d{6}[-+A-F]\\d{3}[0-9A-FHJ-NPR-Y]",
    check: hetu,
    words: /hetu|henkil[öo]tunnus/,
    alone: 0.95,
  },
  {
    entity: "NationalId.NO.Fodselsnummer",
    shape: "\\d{6} ?\\d{5}",
    check: fodselsnummer,
    words: /f[øo]dselsnummer|personnummer/,
    alone: 0.7,
  },
  {
    entity: "NationalId.DK.CPR",
    shape: "\\d{6}-?\\d{4}",
    check: (id) => day(id, 4, 2, 0),
    words: /\bcpr\b|personnummer/,
    alone: ONLY_BESIDE,
  },
  {
    entity: "NationalId.AT.SVNR",
    shape: "[1-9]\\d{3} ?\\d{6}",
    check: (id) => weighted(id, [3, 7, 9, 0, 5, 8, 4, 2, 1, 6]) % 11 === Number(id[3]) && day(id, 8, 6, 4),
    words: /sozialversicherung|\bsv-?n|\bsvnr\b/,
    alone: 0.45,
  },
  {
    entity: "NationalId.PT.NIF",
    shape: "[1-35689]\\d{2} ?\\d{3} ?\\d{3}",
    check: (id) => ((11 - (weighted(id, [9, 8, 7, 6, 5, 4, 3, 2]) % 11)) % 11) % 10 === Number(id[8]),
    words: /\bnif\b|contribuinte/,
    alone: ONLY_BESIDE,
  },
  {
    entity: "NationalId.AU.TFN",
    shape: "\\d{3} ?\\d{3} ?\\d{3}",
    check: (id) => !isPlaceholder(id) && weighted(id, [1, 4, 3, 7, 5, 8, 6, 9, 10]) % 11 === 0,
    words: /\btfn\b|tax file/,
    alone: ONLY_BESIDE,
  },
  {
    entity: "NationalId.CN.ResidentId",
    shape: "[1-9]\\d{5}(?:19|20)\\d{9}[\\dX]",
    check: residentOfChina,
    words: /身份证|resident id/,
    alone: 0.97,
  },
  {
    entity: "NationalId.KR.RRN",
    shape: "\\d{6}-[1-8]\\d{6}",
    check: (id) =>
      day(id, 0, 2, 4) && (11 - (weighted(id, [2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5]) % 11)) % 10 === Number(id[12]),
    words: /주민등록번호|\brrn\b/,
    alone: 0.9,
  },
  {
    entity: "NationalId.MX.CURP",
    shape: "[A-Z][AEIOUX][A-Z]{2}\\d{6}[HMX][A-Z]{5}[A-Z\\d]\\d",
    check: curp,
    words: /\bcurp\b/,
    alone: 0.97,
  },
  {
    entity: "NationalId.CL.RUT",
    shape: "\\d{1,2}\\.\\d{3}\\.\\d{3}-[\\dK]|\\d{7,8}-[\\dK]",
    check: rut,
    words: /\b(?:rut|run)\b/,
    alone: 0.75,
  },
  {
    entity: "NationalId.IE.PPS",
    shape: "\\d{7}[A-W][A-IW]?",
    check: pps,
    words: /\bpps(?:n)?\b/,
    alone: 0.75,
  },
  {
    entity: "NationalId.TR.TCKN",
    shape: "[1-9]\\d{10}",
    check: tckn,
    words: /\b(?:tckn|tc kimlik|kimlik)\b/,
    alone: 0.6,
  },
  {
    entity: "NationalId.ZA.Id",
    shape: "\\d{6} ?\\d{4} ?[01]\\d{2}",
    check: (id) => luhn(id) && day(id, 0, 2, 4),
    words: /\b(?:sa|south african) id\b/,
    alone: 0.75,
  },
  {
    entity: "NationalId.AR.CUIT",
    shape: "(?:20|23|24|27)-?\\d{8}-?\\d",
    check: (id) => (11 - (weighted(id, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11)) % 11 === Number(id[10]),
    words: /\bcui[tl]\b/,
    alone: 0.6,
  },
];

const KNOWN = IDS.map((id) => ({
  ...id,
  expression: new RegExp(`(?<![\\p{L}\\d])(?<![\\d][.,/-])(?:${id.shape})(?![\\p{L}\\d])(?![.,/-]\\d)`, "gu"),
}));

/** The national ids in a text. */
export function nationalIds(text: string): Detection[] {
  const upper = sameLength(text);
  return KNOWN.flatMap(({ entity, expression, check, words, alone }) => {
    const found: Detection[] = [];
    for (const { 0: written, index: start } of upper.matchAll(expression)) {
      const end = start + written.length;
      if (!check(written.replace(/[ .+-]/g, ""))) continue;
      const around = wordsAround(text, start, end);
      const score = words.test(around) ? BESIDE_ITS_WORD : ANY_WORD.test(around) ? Math.max(alone, 0.7) : alone;
      found.push({ entity, score, start, end });
    }
    return found;
  });
}

/** In capitals, with each character at its place: `ß` and others grow. */
function sameLength(text: string): string {
  const upper = text.toUpperCase();
  return upper.length === text.length ? upper : text.replace(/[a-z]+/g, (letters) => letters.toUpperCase());
}
