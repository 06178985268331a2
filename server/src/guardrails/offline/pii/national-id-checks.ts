/** What tells that a national id was copied rightly: the arithmetic of each state that has one of its own. */
import { isDay, luhn, weighted } from "./checksums.ts";

export const LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE";
const CODICE_ODD = [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];

export const number = (text: string, from: number, to: number) => Number(text.slice(from, to));
export const day = (id: string, year: number, month: number, date: number) =>
  isDay(number(id, year, year + 2), number(id, month, month + 2), number(id, date, date + 2));

export function codiceFiscale(id: string): boolean {
  const sum = [...id.slice(0, 15)].reduce((total, char, index) => {
    const value = /\d/.test(char) ? Number(char) : char.charCodeAt(0) - 65;
    return total + (index % 2 === 0 ? (CODICE_ODD[value] ?? 0) : value);
  }, 0);
  return String.fromCharCode(65 + (sum % 26)) === id[15];
}

export function nir(id: string): boolean {
  const key = Number(id.slice(13));
  const body = id.slice(0, 13).replace("2A", "19").replace("2B", "18");
  return /^\d{13}$/.test(body) && key === 97 - Number(BigInt(body) % 97n);
}

export function pesel(id: string): boolean {
  const month = number(id, 2, 4) % 20;
  return isDay(number(id, 0, 2), month, number(id, 4, 6)) && weighted(id, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1]) % 10 === 0;
}

export function cpf(id: string): boolean {
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

export function fodselsnummer(id: string): boolean {
  const first = weighted(id, [3, 7, 6, 1, 8, 9, 4, 5, 2, 1]);
  const second = weighted(id, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1]);
  const date = number(id, 0, 2);
  return (
    first % 11 === 0 && second % 11 === 0 && isDay(number(id, 4, 6), number(id, 2, 4), date > 40 ? date - 40 : date)
  );
}

export function tckn(id: string): boolean {
  const digits = [...id].map(Number);
  const sum = (from: number, to: number, step: number) =>
    digits.slice(from, to).reduce((total, digit, index) => total + (index % step === 0 ? digit : 0), 0);
  const tenth = (((sum(0, 9, 2) * 7 - sum(1, 8, 2)) % 10) + 10) % 10;
  return digits[0] !== 0 && tenth === digits[9] && sum(0, 10, 1) % 10 === digits[10];
}

export function rut(id: string): boolean {
  const body = id.slice(0, -1);
  const sum = [...body].reverse().reduce((total, digit, index) => total + Number(digit) * (2 + (index % 6)), 0);
  return "0K987654321"[sum % 11] === id.at(-1);
}

const PPS_LETTERS = "WABCDEFGHIJKLMNOPQRSTUV";
export function pps(id: string): boolean {
  const extra = id.length > 8 ? PPS_LETTERS.indexOf(id[8] ?? "") * 9 : 0;
  return extra >= 0 && PPS_LETTERS[(weighted(id, [8, 7, 6, 5, 4, 3, 2]) + extra) % 23] === id[7];
}

export function curp(id: string): boolean {
  const alphabet = "0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ";
  const sum = [...id.slice(0, 17)].reduce((total, char, index) => total + alphabet.indexOf(char) * (18 - index), 0);
  return (10 - (sum % 10)) % 10 === Number(id[17]) && day(id, 4, 6, 8);
}

export function hetu(id: string): boolean {
  // The century's sign is a letter, or was a mark.
  const sum = Number(id.slice(0, 6) + id.slice(-4, -1));
  return "0123456789ABCDEFHJKLMNPRSTUVWXY"[sum % 31] === id.at(-1) && day(id, 4, 2, 0);
}

export const belgian = (id: string) =>
  [id.slice(0, 9), `2${id.slice(0, 9)}`].some((body) => 97 - (Number(body) % 97) === number(id, 9, 11));
export const personnummer = (id: string) => {
  const short = id.slice(-10);
  return luhn(short) && isDay(number(short, 0, 2), number(short, 2, 4), number(short, 4, 6) % 60);
};
export const residentOfChina = (id: string) =>
  "10X98765432"[weighted(id, [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]) % 11] === id[17] &&
  isDay(number(id, 6, 10), number(id, 10, 12), number(id, 12, 14));

/** Whether the last digit is what the weighted sum of the others leaves of `modulus`; 10 is written as 0. */
export function lastOf(id: string, weights: readonly number[], modulus: number): boolean {
  return (weighted(id, weights) % modulus) % 10 === Number(id.at(-1));
}

/** Two rounds of weights, as in the Baltic states: the second where the first leaves 10. */
export function baltic(id: string): boolean {
  const first = weighted(id, [1, 2, 3, 4, 5, 6, 7, 8, 9, 1]) % 11;
  const rest = first < 10 ? first : weighted(id, [3, 4, 5, 6, 7, 8, 9, 1, 2, 3]) % 11;
  return rest % 10 === Number(id[10]) && isDay(number(id, 1, 3), number(id, 3, 5), number(id, 5, 7));
}

/** Of twelve digits and two check digits, as in Russia. */
export function innOfPerson(id: string): boolean {
  const digit = (weights: readonly number[]) => (weighted(id, weights) % 11) % 10;
  return (
    digit([7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) === Number(id[10]) &&
    digit([3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8]) === Number(id[11])
  );
}

export function snils(id: string): boolean {
  return (weighted(id, [9, 8, 7, 6, 5, 4, 3, 2, 1]) % 101) % 100 === number(id, 9, 11);
}

/** Letters of the cards of Singapore, by its series. */
export function nric(id: string): boolean {
  const series = id[0] ?? "";
  const sum = weighted(id.slice(1), [2, 7, 6, 5, 4, 3, 2]) + (/[TG]/.test(series) ? 4 : series === "M" ? 3 : 0);
  const letters = /[ST]/.test(series) ? "JZIHGFEDCBA" : /[FG]/.test(series) ? "XWUTRQPNMLK" : "XWUTRQPNJLK";
  return letters[series === "M" ? 10 - (sum % 11) : sum % 11] === id[8];
}

export function taiwanese(id: string): boolean {
  const place = 10 + "ABCDEFGHJKLMNPQRSTUVXYWZIO".indexOf(id[0] ?? "");
  const sum = Math.floor(place / 10) + (place % 10) * 9 + weighted(id.slice(1), [8, 7, 6, 5, 4, 3, 2, 1, 1]);
  return place > 9 && sum % 10 === 0;
}

export function hongKong(id: string): boolean {
  const value = (char: string) => (/\d/.test(char) ? Number(char) : char.charCodeAt(0) - 55);
  const chars = [...id.slice(0, -1)].map(value);
  const sum =
    (chars.length === 7 ? 36 * 9 : 0) + chars.reduce((total, each, at) => total + each * (chars.length + 1 - at), 0);
  return "0123456789A"[(11 - (sum % 11)) % 11] === id.at(-1);
}

/** Cartão de Cidadão: Luhn over letters too, which count from 10. */
export function cartaoDeCidadao(id: string): boolean {
  const sum = [...id].reverse().reduce((total, char, at) => {
    const value = /\d/.test(char) ? Number(char) : char.charCodeAt(0) - 55;
    const doubled = at % 2 === 1 ? value * 2 : value;
    return total + (at % 2 === 1 && doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return sum % 10 === 0;
}

/** Months that tell the century or the sex by what is added to them. */
export function monthIn(id: string, at: number, added: readonly number[]): number {
  const month = number(id, at, at + 2);
  return added.map((each) => month - each).find((each) => each >= 1 && each <= 12) ?? 0;
}

export function japanese(id: string): boolean {
  const rest = weighted(id, [6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) % 11;
  return (rest < 2 ? 0 : 11 - rest) === Number(id[11]);
}

/** New Zealand's tax numbers have a second round of weights where the first leaves 10. */
export function ird(id: string): boolean {
  const digits = id.padStart(9, "0");
  const digit = (weights: readonly number[]) => (11 - (weighted(digits, weights) % 11)) % 11;
  const first = digit([3, 2, 7, 6, 5, 4, 3, 2]);
  return !/^(\d)\1+$/.test(id) && (first < 10 ? first : digit([7, 4, 3, 2, 5, 2, 7, 6])) === Number(digits[8]);
}
