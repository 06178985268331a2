/**
 * Arithmetic as people write it: symbols, words ("12 times 4", "the square root of 144") and percentages. Whole
 * numbers and decimals are computed exactly, as fractions of big integers; roots and functions as floating point.
 * Input is untrusted: its length, its nesting and the size of its numbers are bounded. The parser is our own: mathjs takes
 * 18 MB on disk, and 0.6 s and 110 MB to load.
 */

import { withDigits } from "./number-words.ts";
import {
  add,
  divide,
  multiply,
  negate,
  type Quantity,
  quantityOf,
  quantityText,
  raise,
  remainder,
  toNumber,
} from "./quantity.ts";

/** `isArithmetic`: it is an expression, although one without a value, such as 1/0. */
export type ArithmeticResult =
  | { ok: true; value: number; text: string }
  | { ok: false; isArithmetic: boolean; reason: string };

const expressionCharsMax = 1_000;
const depthMax = 100;

/** Computes an expression. What is not an expression, or has no value, comes back with the reason. */
export function evaluate(expression: string): ArithmeticResult {
  if (expression.length > expressionCharsMax)
    return { ok: false, isArithmetic: false, reason: `an expression has at most ${expressionCharsMax} characters` };
  try {
    const value = new Parser(tokens(inSymbols(expression))).parse();
    const number = toNumber(value);
    if (!Number.isFinite(number)) throw new NoValue("the result is too large");
    return { ok: true, value: number, text: quantityText(value) };
  } catch (error) {
    if (!(error instanceof NotArithmetic)) throw error;
    return { ok: false, isArithmetic: error instanceof NoValue, reason: error.message };
  }
}

class NotArithmetic extends Error {
  constructor(reason = "this is not an arithmetic expression") {
    super(reason);
  }
}
/** An expression that parses but has no value, such as 1/0. */
class NoValue extends NotArithmetic {}

const phrases: readonly (readonly [RegExp, string])[] = [
  [/[−–—]/g, "-"],
  [/[×✕⋅·]/g, "*"],
  [/÷/g, "/"],
  [/\*\*/g, "^"],
  [/√\s*/g, "sqrt "],
  [/²/g, "^2"],
  [/³/g, "^3"],
  [/π/g, " pi "],
  [/½/g, "(1/2)"],
  [/¼/g, "(1/4)"],
  [/¾/g, "(3/4)"],
  [/\bto the (\d+)(?:st|nd|rd|th) power\b/gi, "^$1"],
  [/\b(?:raised )?to the power(?: of)?\b/gi, "^"],
  [/\b(?:the )?square of (\d+(?:\.\d+)?)\b/gi, "$1^2"],
  [/\b(?:the )?cube of (\d+(?:\.\d+)?)\b/gi, "$1^3"],
  [/\bsquared\b/gi, "^2"],
  [/\bcubed\b/gi, "^3"],
  [/\b(?:the )?square root(?: of)?\b/gi, "sqrt "],
  [/\b(?:the )?cube root(?: of)?\b/gi, "cbrt "],
  [/\b(?:the )?absolute value of\b/gi, "abs "],
  [/\b(?:the )?(?:natural log(?:arithm)?) of\b/gi, "ln "],
  [/\b(?:the )?log(?:arithm)? of\b/gi, "log "],
  [/\b(?:the )?(?:average|mean) of\b/gi, "mean "],
  [/\b(?:the )?sum of\b/gi, "sum "],
  [/\b(?:the )?product of\b/gi, "product "],
  [/\b(?:the )?factorial of (\d+)\b/gi, "$1!"],
  [/(\d+) factorial\b/gi, "$1!"],
  [/\b(?:multiplied by|times)\b/gi, "*"],
  [/\b(?:divided by|over)\b/gi, "/"],
  [/\b(?:plus|added to)\b/gi, "+"],
  [/\bminus\b/gi, "-"],
  [/\bmod(?:ulo)?\b/gi, " mod "],
  [/\b(?:a |one )?half of\b/gi, "(1/2) *"],
  [/\b(?:a |one )?third of\b/gi, "(1/3) *"],
  [/\b(?:a |one )?quarter of\b/gi, "(1/4) *"],
  [/\b(?:twice|double)\b/gi, "2 *"],
  [/\b(?:triple)\b/gi, "3 *"],
  [/\bper ?cent\b/gi, "%"],
  [/%\s*(?:tip )?(?:of|on|from)\b/gi, "% *"],
  [/(\d)\s*x\s*(?=\d)/gi, "$1 * "],
];

/** Arithmetic in words as arithmetic in symbols: "12 times 4" is "12 * 4". Other words stay. */
export function inSymbols(text: string): string {
  let symbols = withDigits(text);
  for (const [phrase, symbol] of phrases) symbols = symbols.replace(phrase, symbol);
  return symbols.replace(/\s+/g, " ").trim();
}

type Token = { kind: "number"; text: string } | { kind: "name"; text: string } | { kind: "symbol"; text: string };

function tokens(text: string): Token[] {
  const found: Token[] = [];
  // Thousands separators only where they stand before groups of exactly three digits.
  const token =
    /\s*(?:(\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)|\d+(?:\.\d*)?(?:[eE][-+]?\d{1,3})?|\.\d+)|([a-z]+\d*)|([-+*/^%!(),]))/iy;
  while (token.lastIndex < text.length) {
    const match = token.exec(text);
    if (match === null) throw new NotArithmetic();
    const [, number, name, symbol] = match;
    if (number !== undefined) found.push({ kind: "number", text: number.replaceAll(",", "") });
    else if (name !== undefined) found.push({ kind: "name", text: name.toLowerCase() });
    else if (symbol !== undefined) found.push({ kind: "symbol", text: symbol });
  }
  return found;
}

const constants: ReadonlyMap<string, number> = new Map([
  ["pi", Math.PI],
  ["e", Math.E],
  ["tau", 2 * Math.PI],
]);

/** Of one number, in floating point. */
const functions: ReadonlyMap<string, (x: number) => number> = new Map([
  ["sqrt", Math.sqrt],
  ["cbrt", Math.cbrt],
  ["ln", Math.log],
  ["log", Math.log10],
  ["log2", Math.log2],
  ["log10", Math.log10],
  ["exp", Math.exp],
  ["sin", Math.sin],
  ["cos", Math.cos],
  ["tan", Math.tan],
  ["asin", Math.asin],
  ["acos", Math.acos],
  ["atan", Math.atan],
  ["abs", Math.abs],
  ["round", Math.round],
  ["floor", Math.floor],
  ["ceil", Math.ceil],
]);

/** Of any number of numbers, exactly. */
const folds: ReadonlyMap<string, (values: Quantity[]) => Quantity> = new Map([
  ["sum", (values) => values.reduce(add)],
  ["product", (values) => values.reduce(multiply)],
  ["mean", (values) => divide(values.reduce(add), quantityOf(values.length))],
  ["min", (values) => values.reduce((a, b) => (toNumber(b) < toNumber(a) ? b : a))],
  ["max", (values) => values.reduce((a, b) => (toNumber(b) > toNumber(a) ? b : a))],
  ["gcd", (values) => quantityOf(values.map(whole).reduce(gcd))],
  ["lcm", (values) => quantityOf(values.map(whole).reduce((a, b) => (a === 0 || b === 0 ? 0 : (a * b) / gcd(a, b))))],
]);

function whole(value: Quantity): number {
  const number = toNumber(value);
  if (!Number.isSafeInteger(number)) throw new NoValue("this needs whole numbers");
  return Math.abs(number);
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}

const factorialMax = 170;
const argumentsMax = 200;

type Operator = { power: number; compute: (left: Quantity, right: Quantity) => Quantity };

/** The higher the power, the more tightly an operator binds. A parenthesis right after an operand multiplies. */
const operators: ReadonlyMap<string, Operator> = new Map([
  ["+", { power: 1, compute: add }],
  ["-", { power: 1, compute: (left, right) => add(left, negate(right)) }],
  ["*", { power: 2, compute: multiply }],
  ["(", { power: 2, compute: multiply }],
  ["/", { power: 2, compute: quotient }],
  ["%", { power: 2, compute: (left, right) => remainder(left, divisor(right)) }],
  ["mod", { power: 2, compute: (left, right) => remainder(left, divisor(right)) }],
  ["^", { power: 4, compute: power }],
]);
const signPower = 3;

type Operand = { value: Quantity; percent: boolean };

/** A Pratt parser that computes as it goes: a binding power decides how far an operand reaches. */
class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  parse(): Quantity {
    const { value } = this.#expression(0);
    if (this.#next < this.#tokens.length) throw new NotArithmetic();
    return value;
  }

  #expression(power: number): Operand {
    this.#depth += 1;
    if (this.#depth > depthMax) throw new NotArithmetic(`an expression nests at most ${depthMax} deep`);
    let left = this.#operand();
    for (;;) {
      const symbol = this.#peek();
      if (symbol === undefined || symbol === ")" || symbol === "," || symbol === "and") break;
      if (symbol === "!") {
        this.#next += 1;
        left = { value: factorial(left.value), percent: false };
        continue;
      }
      if (symbol === "%" && !this.#operandFollows()) {
        this.#next += 1;
        left = { value: quotient(left.value, quantityOf(100)), percent: true };
        continue;
      }
      const operator = operators.get(symbol);
      if (operator === undefined) throw new NotArithmetic();
      // `^` groups to the right: 2^3^2 is 2^9.
      if (operator.power <= power && symbol !== "^") break;
      if (symbol !== "(") this.#next += 1;
      const right = this.#expression(operator.power);
      // "50 + 10 %" adds ten percent of fifty, as on a pocket calculator; "5 % + 5 %" is 10 %.
      const adds = operator.power === 1;
      const amount = adds && right.percent && !left.percent ? multiply(left.value, right.value) : right.value;
      left = { value: operator.compute(left.value, amount), percent: adds && left.percent && right.percent };
    }
    this.#depth -= 1;
    return left;
  }

  #operand(): Operand {
    const token = this.#tokens[this.#next];
    this.#next += 1;
    if (token === undefined) throw new NotArithmetic("the expression ends too early");
    if (token.kind === "number") return { value: quantityOf(token.text), percent: false };
    if (token.kind === "name") return { value: this.#named(token.text), percent: false };
    if (token.text === "+") return this.#expression(signPower);
    if (token.text === "-") {
      const operand = this.#expression(signPower);
      return { ...operand, value: negate(operand.value) };
    }
    if (token.text !== "(") throw new NotArithmetic();
    const inner = this.#expression(0);
    this.#close();
    return inner;
  }

  #named(name: string): Quantity {
    const constant = constants.get(name);
    if (constant !== undefined) return constant;
    const fold = folds.get(name);
    if (fold !== undefined) return fold(this.#arguments());
    const compute = functions.get(name);
    if (compute === undefined) throw new NotArithmetic(`${name} is neither a number nor a function`);
    const [argument = Number.NaN] = this.#peek() === "(" ? this.#arguments() : [this.#expression(signPower).value];
    const result = compute(toNumber(argument));
    if (!Number.isFinite(result)) throw new NoValue(`${name} has no value there`);
    // A whole result is exact again: sqrt(144) + 1/10 is 12.1.
    return Number.isSafeInteger(result) ? quantityOf(result) : result;
  }

  /** `f(a, b)` or `f a, b and c`. */
  #arguments(): Quantity[] {
    const inParentheses = this.#peek() === "(";
    if (inParentheses) this.#next += 1;
    const values = [this.#expression(0).value];
    while (this.#peek() === "," || this.#peek() === "and") {
      this.#next += 1;
      if (this.#peek() === "and") this.#next += 1;
      values.push(this.#expression(0).value);
      if (values.length > argumentsMax) throw new NotArithmetic(`a function takes at most ${argumentsMax} numbers`);
    }
    if (inParentheses) this.#close();
    return values;
  }

  #peek(): string | undefined {
    const token = this.#tokens[this.#next];
    return token?.kind === "number" ? "number" : token?.text;
  }

  #operandFollows(): boolean {
    const following = this.#tokens[this.#next + 1];
    return following !== undefined && (following.kind !== "symbol" || following.text === "(");
  }

  #close(): void {
    if (this.#peek() !== ")") throw new NotArithmetic("a parenthesis is not closed");
    this.#next += 1;
  }
}

function divisor(value: Quantity): Quantity {
  if (toNumber(value) === 0) throw new NoValue("division by zero has no value");
  return value;
}

function quotient(left: Quantity, right: Quantity): Quantity {
  return divide(left, divisor(right));
}

function power(base: Quantity, exponent: Quantity): Quantity {
  const result = raise(toNumber(exponent) < 0 ? divisor(base) : base, exponent);
  if (!Number.isFinite(toNumber(result))) throw new NoValue("the result is too large or not real");
  return result;
}

function factorial(value: Quantity): Quantity {
  const n = toNumber(value);
  if (!Number.isInteger(n) || n < 0 || n > factorialMax)
    throw new NoValue(`a factorial takes whole numbers from 0 to ${factorialMax}`);
  return Array.from({ length: n }, (_, index) => quantityOf(index + 1)).reduce(multiply, quantityOf(1));
}
