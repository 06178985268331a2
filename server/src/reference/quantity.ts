/**
 * Numbers for arithmetic that a person can check: exact fractions, so that 0.1 + 0.2 is 0.3. A fraction that grows
 * beyond a bound, or that meets a floating-point number, becomes a floating-point number.
 */

import Fraction from "fraction.js";

export type Quantity = Fraction | number;

/** What a double still holds, so that every exact result also has a floating-point value. */
const bitsMax = 1_023;
const limit = 1n << BigInt(bitsMax);
const shiftMax = 400;
const decimalsMax = 12n;

/** A whole number, or a decimal as it is written (`12.50`, `1e6`). */
export function quantityOf(decimal: number | string): Quantity {
  const [mantissa = "", exponent = "0"] = String(decimal).toLowerCase().split("e");
  if (Math.abs(Number(exponent)) > shiftMax) return Number(decimal);
  return bounded(new Fraction(mantissa).mul(new Fraction(10).pow(exponent)));
}

/** The nearest floating-point number. */
export function toNumber(value: Quantity): number {
  return typeof value === "number" ? value : value.valueOf();
}

export const add = exactly(
  (a, b) => a.add(b),
  (a, b) => a + b,
);
export const multiply = exactly(
  (a, b) => a.mul(b),
  (a, b) => a * b,
);
/** The divisor is not zero. */
export const divide = exactly(
  (a, b) => a.div(b),
  (a, b) => a / b,
);
/** The divisor is not zero. The sign is the divisor's, so that -1 mod 12 is 11. */
export const remainder = exactly(
  (a, b) => a.mod(b).add(b).mod(b),
  (a, b) => ((a % b) + b) % b,
);

export function negate(value: Quantity): Quantity {
  return typeof value === "number" ? -value : value.neg();
}

/** Exact for whole exponents while the result has at most as many bits as a double can hold. */
export function raise(base: Quantity, exponent: Quantity): Quantity {
  if (typeof base !== "number" && typeof exponent !== "number" && exponent.d === 1n) {
    const bits = Math.max(base.n.toString(2).length, base.d.toString(2).length);
    if (exponent.n <= bitsMax && bits * Number(exponent.n) <= bitsMax) return bounded(base.pow(exponent));
  }
  return toNumber(base) ** toNumber(exponent);
}

/** As a person writes it: all digits of a whole number or a short decimal, else twelve significant ones. */
export function quantityText(value: Quantity): string {
  const isShort = typeof value !== "number" && 10n ** decimalsMax % value.d === 0n;
  return isShort ? value.toString() : String(Number(toNumber(value).toPrecision(12)));
}

function exactly(exact: (a: Fraction, b: Fraction) => Fraction, inexact: (a: number, b: number) => number) {
  return (a: Quantity, b: Quantity): Quantity =>
    typeof a === "number" || typeof b === "number" ? inexact(toNumber(a), toNumber(b)) : bounded(exact(a, b));
}

function bounded(value: Fraction): Quantity {
  return value.n > limit || value.d > limit ? value.valueOf() : value;
}
