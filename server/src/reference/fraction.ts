/**
 * Exact fractions of big integers, for arithmetic that a person can check: 0.1 + 0.2 is 0.3. A fraction that grows
 * beyond a bound, or that meets a floating-point number, becomes a floating-point number.
 */

export type Fraction = { readonly over: bigint; readonly under: bigint };

/** What a double still holds, so that every exact result also has a floating-point value. */
const bitsMax = 1_023n;
const limit = 1n << bitsMax;
const exponentMax = 1_023;

/** A whole number, or a decimal as it is written (`12.50`, `1e6`). */
export function fractionOf(decimal: number | string): Fraction | number {
  const [, digits = "", decimals = "", exponent = "0"] = /^(\d*)\.?(\d*)(?:e([-+]?\d+))?$/i.exec(String(decimal)) ?? [];
  if (digits === "" && decimals === "") return Number(decimal);
  const shift = Number(exponent) - decimals.length;
  if (Math.abs(shift) > 400) return Number(decimal);
  const over = BigInt(digits + decimals);
  return shift >= 0 ? reduced(over * 10n ** BigInt(shift), 1n) : reduced(over, 10n ** BigInt(-shift));
}

/** The nearest floating-point number. */
export function toNumber(value: Fraction | number): number {
  if (typeof value === "number") return value;
  return Number(value.over) / Number(value.under);
}

export const fraction = {
  add: (a: Fraction | number, b: Fraction | number) =>
    exactly(
      a,
      b,
      (x, y) => reduced(x.over * y.under + y.over * x.under, x.under * y.under),
      (x, y) => x + y,
    ),
  multiply: (a: Fraction | number, b: Fraction | number) =>
    exactly(
      a,
      b,
      (x, y) => reduced(x.over * y.over, x.under * y.under),
      (x, y) => x * y,
    ),
  /** The divisor is not zero. */
  divide: (a: Fraction | number, b: Fraction | number) =>
    exactly(
      a,
      b,
      (x, y) => reduced(x.over * y.under, x.under * y.over),
      (x, y) => x / y,
    ),
  /** The divisor is not zero. The sign is the divisor's, so that -1 mod 12 is 11. */
  remainder: (a: Fraction | number, b: Fraction | number) =>
    exactly(
      a,
      b,
      (x, y) => {
        const [left, right] = [x.over * y.under, y.over * x.under];
        return reduced((((left % right) + right) % right) * 1n, x.under * y.under);
      },
      (x, y) => ((x % y) + y) % y,
    ),
  negate: (a: Fraction | number): Fraction | number => (typeof a === "number" ? -a : { over: -a.over, under: a.under }),
  raise(base: Fraction | number, exponent: Fraction | number): Fraction | number {
    const inexact = () => toNumber(base) ** toNumber(exponent);
    if (typeof base === "number" || typeof exponent === "number" || exponent.under !== 1n) return inexact();
    const power = exponent.over < 0n ? -exponent.over : exponent.over;
    if (power > BigInt(exponentMax)) return inexact();
    const bits = BigInt(Math.max(base.over.toString(2).length, base.under.toString(2).length));
    if (bits * power > bitsMax) return inexact();
    return exponent.over < 0n
      ? reduced(base.under ** power, base.over ** power)
      : reduced(base.over ** power, base.under ** power);
  },
};

/** As a person writes it: all digits of a whole number or a short decimal, else twelve significant ones. */
export function fractionText(value: Fraction | number): string {
  if (typeof value === "number") return rounded(value);
  if (value.under === 1n) return value.over.toString();
  const decimals = terminatingDecimals(value.under);
  if (decimals === undefined || decimals > 12) return rounded(toNumber(value));
  const scaled = (value.over * 10n ** BigInt(decimals)) / value.under;
  const digits = (scaled < 0n ? -scaled : scaled).toString().padStart(decimals + 1, "0");
  return `${scaled < 0n ? "-" : ""}${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`;
}

function exactly(
  a: Fraction | number,
  b: Fraction | number,
  exact: (a: Fraction, b: Fraction) => Fraction | number,
  inexact: (a: number, b: number) => number,
): Fraction | number {
  return typeof a === "number" || typeof b === "number" ? inexact(toNumber(a), toNumber(b)) : exact(a, b);
}

function reduced(over: bigint, under: bigint): Fraction | number {
  const sign = under < 0n ? -1n : 1n;
  const divisor = gcd(over < 0n ? -over : over, under * sign) * sign;
  const result = { over: over / divisor, under: under / divisor };
  return result.over > limit || result.over < -limit || result.under > limit ? toNumber(result) : result;
}

function gcd(a: bigint, b: bigint): bigint {
  let [x, y] = [a, b];
  while (y > 0n) [x, y] = [y, x % y];
  return x === 0n ? 1n : x;
}

/** How many decimals a fraction with this denominator has; undefined when they never end. */
function terminatingDecimals(under: bigint): number | undefined {
  let [rest, twos, fives] = [under, 0, 0];
  while (rest % 2n === 0n && twos <= 40) [rest, twos] = [rest / 2n, twos + 1];
  while (rest % 5n === 0n && fives <= 40) [rest, fives] = [rest / 5n, fives + 1];
  return rest === 1n ? Math.max(twos, fives) : undefined;
}

function rounded(value: number): string {
  return String(Number(value.toPrecision(12)));
}
