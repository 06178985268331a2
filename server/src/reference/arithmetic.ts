/**
 * Arithmetic as people write it: symbols, words ("12 times 4", "the square root of 144") and percentages. Whole
 * numbers and decimals are computed exactly, as fractions of big integers; roots and functions as floating point.
 * Input is untrusted: its length, its nesting and the size of its numbers are bounded.
 */

import { type Fraction, fraction, fractionOf, fractionText, toNumber } from "./fraction.ts";

export type Evaluation = { value: number; text: string };
export type ArithmeticResult = ({ ok: true } & Evaluation) | { ok: false; reason: string };

const expressionCharsMax = 1_000;
const depthMax = 100;

/** Computes an expression. What is not an expression, or has no value, comes back with the reason. */
export function evaluate(expression: string): ArithmeticResult {
  if (expression.length > expressionCharsMax)
    return refused(`an expression has at most ${expressionCharsMax} characters`);
  try {
    const value = new Parser(tokens(wordsToSymbols(expression))).parse();
    const number = toNumber(value);
    if (!Number.isFinite(number)) return refused("the result is too large");
    return { ok: true, value: number, text: fractionText(value) };
  } catch (error) {
    if (error instanceof NotArithmetic) return refused(error.message);
    throw error;
  }
}

/**
 * The arithmetic that a sentence asks for, written in symbols; undefined when it asks for none. A lone number asks for
 * nothing.
 */
export function expressionIn(sentence: string): string | undefined {
  if (sentence.length > expressionCharsMax) return undefined;
  const bare = sentence
    .trim()
    .replace(/(?:[?.\s]|(?<![\d)\s])!)+$/, "")
    .replace(opening, "")
    .replace(/^(?:the )?(?:result|value|answer|sum|product|quotient|difference) of (?=.*[-+*/×÷^%(])/i, "")
    .replace(/\s*(?:=|equals?|is|makes?|come to|give)\s*(?:what)?$/i, "")
    .replace(/[$€£]\s?(?=\d)/g, "")
    .replace(/(\d)\s*(?:dollars?|euros?|pounds?|usd|eur|gbp)\b/gi, "$1");
  const symbols = wordsToSymbols(bare);
  if (
    !/[-+*/^%!]|\b(?:sqrt|cbrt|root|log|ln|sin|cos|tan|abs|min|max|gcd|lcm|mean|sum|round|floor|ceil|exp)\b/.test(
      symbols,
    )
  )
    return undefined;
  if (/^\d{4}-\d{1,2}-\d{1,2}$/.test(symbols.trim())) return undefined;
  try {
    new Parser(tokens(symbols)).parse();
    return symbols;
  } catch (error) {
    // An expression that parses but has no value (1/0) was still asked for; words that do not parse were not.
    if (error instanceof NoValue) return symbols;
    if (error instanceof NotArithmetic) return undefined;
    throw error;
  }
}

const opening =
  /^(?:(?:please|hey|hi|hello|so|ok|okay|now|and|then|can you|could you|would you|tell me|i need|i want|(?:i need |please )?help(?: me)? with)[\s,:]+){0,6}(?:(?:what(?:'s|’s| is| are| does| do| would be)?|how (?:much|many)(?: is| are| does)?|calculate|compute|evaluate|solve|work out|figure out|find|give me|add up|do the math(?: on| for)?)[\s:]+){0,3}(?:the (?:result|value|answer) (?:of|to|for)\s+)?/i;

class NotArithmetic extends Error {}
class NoValue extends NotArithmetic {}

function refused(reason: string): { ok: false; reason: string } {
  return { ok: false, reason };
}

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

function wordsToSymbols(text: string): string {
  let symbols = numberWords(text);
  for (const [phrase, symbol] of phrases) symbols = symbols.replace(phrase, symbol);
  return symbols.replace(/\s+/g, " ").trim();
}

const small: Readonly<Record<string, number>> = {
  zero: 0,
  one: 1,
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  seven: 7,
  eight: 8,
  nine: 9,
  ten: 10,
  eleven: 11,
  twelve: 12,
  thirteen: 13,
  fourteen: 14,
  fifteen: 15,
  sixteen: 16,
  seventeen: 17,
  eighteen: 18,
  nineteen: 19,
  twenty: 20,
  thirty: 30,
  forty: 40,
  fifty: 50,
  sixty: 60,
  seventy: 70,
  eighty: 80,
  ninety: 90,
  dozen: 12,
};
const large: Readonly<Record<string, number>> = {
  hundred: 100,
  thousand: 1e3,
  million: 1e6,
  billion: 1e9,
  trillion: 1e12,
};

/** "two hundred and five" as 205; also "3 million". Words that are no numbers stay. */
function numberWords(text: string): string {
  const word = `(?:${[...Object.keys(small), ...Object.keys(large)].join("|")})`;
  const run = new RegExp(String.raw`\b(?:\d+(?:\.\d+)? )?${word}(?:[\s-]+(?:and )?${word})*\b`, "gi");
  return text.replace(run, (match) => {
    let total = 0;
    let group = 0;
    for (const part of match.toLowerCase().split(/[\s-]+/)) {
      const scale = large[part];
      if (part === "and") continue;
      else if (scale === 100) group = (group === 0 ? 1 : group) * 100;
      else if (scale !== undefined) {
        total += (group === 0 ? 1 : group) * scale;
        group = 0;
      } else if (part === "dozen") group = (group === 0 ? 1 : group) * 12;
      else group += small[part] ?? Number(part);
    }
    return String(total + group);
  });
}

type Token = { kind: "number"; text: string } | { kind: "name"; text: string } | { kind: "symbol"; text: string };

function tokens(text: string): Token[] {
  const found: Token[] = [];
  // Thousands separators only where they stand before groups of exactly three digits.
  const token =
    /\s*(?:(\d{1,3}(?:,\d{3})+(?:\.\d+)?(?!\d)|\d+(?:\.\d*)?(?:[eE][-+]?\d{1,3})?|\.\d+)|([a-z]+\d*)|([-+*/^%!(),]))/iy;
  while (token.lastIndex < text.length) {
    const match = token.exec(text);
    if (match === null) throw new NotArithmetic("this is not an arithmetic expression");
    const [, number, name, symbol] = match;
    if (number !== undefined) found.push({ kind: "number", text: number.replaceAll(",", "") });
    else if (name !== undefined) found.push({ kind: "name", text: name.toLowerCase() });
    else if (symbol !== undefined) found.push({ kind: "symbol", text: symbol });
  }
  return found;
}

type Quantity = Fraction | number;

const constants: Readonly<Record<string, number>> = { pi: Math.PI, e: Math.E, tau: 2 * Math.PI };

const functions: Readonly<Record<string, (numbers: number[]) => number>> = {
  sqrt: ([x = Number.NaN]) => Math.sqrt(x),
  cbrt: ([x = Number.NaN]) => Math.cbrt(x),
  ln: ([x = Number.NaN]) => Math.log(x),
  log: ([x = Number.NaN]) => Math.log10(x),
  log2: ([x = Number.NaN]) => Math.log2(x),
  log10: ([x = Number.NaN]) => Math.log10(x),
  exp: ([x = Number.NaN]) => Math.exp(x),
  sin: ([x = Number.NaN]) => Math.sin(x),
  cos: ([x = Number.NaN]) => Math.cos(x),
  tan: ([x = Number.NaN]) => Math.tan(x),
  asin: ([x = Number.NaN]) => Math.asin(x),
  acos: ([x = Number.NaN]) => Math.acos(x),
  atan: ([x = Number.NaN]) => Math.atan(x),
  abs: ([x = Number.NaN]) => Math.abs(x),
  round: ([x = Number.NaN]) => Math.round(x),
  floor: ([x = Number.NaN]) => Math.floor(x),
  ceil: ([x = Number.NaN]) => Math.ceil(x),
  min: (xs) => Math.min(...xs),
  max: (xs) => Math.max(...xs),
  gcd: (xs) => xs.map(whole).reduce(gcd),
  lcm: (xs) => xs.map(whole).reduce((a, b) => (a === 0 || b === 0 ? 0 : Math.abs(a * b) / gcd(a, b))),
};

/** Exact over any number of arguments. */
const folds: Readonly<Record<string, (values: Quantity[]) => Quantity>> = {
  sum: (values) => values.reduce((a, b) => fraction.add(a, b)),
  product: (values) => values.reduce((a, b) => fraction.multiply(a, b)),
  mean: (values) =>
    fraction.divide(
      values.reduce((a, b) => fraction.add(a, b)),
      fractionOf(values.length),
    ),
};

function whole(value: number): number {
  if (!Number.isSafeInteger(value)) throw new NoValue("this needs whole numbers");
  return value;
}

function gcd(a: number, b: number): number {
  let [x, y] = [Math.abs(a), Math.abs(b)];
  while (y > 0) [x, y] = [y, x % y];
  return x;
}

const factorialMax = 170;
const argumentsMax = 200;

/** A Pratt parser that computes as it goes: a binding power decides how far an operand reaches. */
class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  parse(): Quantity {
    const value = this.#expression(0).value;
    if (this.#next < this.#tokens.length) throw new NotArithmetic("this is not an arithmetic expression");
    return value;
  }

  #expression(power: number): { value: Quantity; percent: boolean } {
    this.#depth += 1;
    if (this.#depth > depthMax) throw new NotArithmetic(`an expression nests at most ${depthMax} deep`);
    let left = this.#operand();
    for (;;) {
      const operator = this.#peek();
      if (operator === undefined || operator === ")" || operator === "," || operator === "and") break;
      if (operator === "!") {
        this.#next += 1;
        left = { value: factorial(left.value), percent: false };
      } else if (operator === "%" && !this.#operandFollows()) {
        this.#next += 1;
        left = { value: this.#divide(left.value, fractionOf(100)), percent: true };
      } else if (operator === "^") {
        if (power > 4) break;
        this.#next += 1;
        // -1 side: `^` groups to the right, and reaches over a sign: 2 ^ -1.
        left = { value: raise(left.value, this.#expression(4).value), percent: false };
      } else if (operator === "*" || operator === "/" || operator === "%" || operator === "mod") {
        if (power >= 2) break;
        this.#next += 1;
        const right = this.#expression(2).value;
        const value =
          operator === "*"
            ? fraction.multiply(left.value, right)
            : operator === "/"
              ? this.#divide(left.value, right)
              : remainder(left.value, right);
        left = { value, percent: false };
      } else if (operator === "+" || operator === "-") {
        if (power >= 1) break;
        this.#next += 1;
        const right = this.#expression(1);
        // "50 + 10 %" adds ten percent of fifty, as on a pocket calculator; "5 % + 5 %" is 10 %.
        const amount = right.percent && !left.percent ? fraction.multiply(left.value, right.value) : right.value;
        left = {
          value:
            operator === "+" ? fraction.add(left.value, amount) : fraction.add(left.value, fraction.negate(amount)),
          percent: left.percent && right.percent,
        };
      } else if (operator === "(") {
        if (power >= 2) break;
        left = { value: fraction.multiply(left.value, this.#expression(2).value), percent: false };
      } else {
        throw new NotArithmetic("this is not an arithmetic expression");
      }
    }
    this.#depth -= 1;
    return left;
  }

  #operand(): { value: Quantity; percent: boolean } {
    const token = this.#tokens[this.#next];
    this.#next += 1;
    if (token === undefined) throw new NotArithmetic("the expression ends too early");
    if (token.kind === "number") return { value: fractionOf(token.text), percent: false };
    if (token.text === "+") return this.#expression(3);
    if (token.text === "-") {
      const operand = this.#expression(3);
      return { value: fraction.negate(operand.value), percent: operand.percent };
    }
    if (token.text === "(") {
      const inner = this.#expression(0);
      this.#expect(")");
      return inner;
    }
    if (token.kind === "name") return { value: this.#named(token.text), percent: false };
    throw new NotArithmetic("this is not an arithmetic expression");
  }

  #named(name: string): Quantity {
    if (Object.hasOwn(constants, name)) return constants[name] ?? Number.NaN;
    const fold = Object.hasOwn(folds, name) ? folds[name] : undefined;
    const compute = Object.hasOwn(functions, name) ? functions[name] : undefined;
    if (fold === undefined && compute === undefined)
      throw new NotArithmetic(`${name} is neither a number nor a function`);
    const values = this.#arguments(
      fold !== undefined || name === "min" || name === "max" || name === "gcd" || name === "lcm",
    );
    if (fold !== undefined) return fold(values);
    const result = compute?.(values.map(toNumber)) ?? Number.NaN;
    if (!Number.isFinite(result)) throw new NoValue(`${name} has no value there`);
    // A whole result is exact again: sqrt(144) + 1/10 is 12.1.
    return Number.isSafeInteger(result) ? fractionOf(result) : result;
  }

  /** `f(a, b)`, `f a`, or for functions of many numbers `f a, b and c`. */
  #arguments(many: boolean): Quantity[] {
    if (this.#peek() !== "(" && !many) return [this.#expression(3).value];
    const inParentheses = this.#peek() === "(";
    if (inParentheses) this.#next += 1;
    const values = [this.#expression(0).value];
    while (this.#peek() === "," || this.#peek() === "and") {
      this.#next += 1;
      if (this.#peek() === "and") this.#next += 1;
      values.push(this.#expression(0).value);
      if (values.length > argumentsMax) throw new NotArithmetic(`a function takes at most ${argumentsMax} numbers`);
    }
    if (inParentheses) this.#expect(")");
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

  #expect(symbol: string): void {
    if (this.#peek() !== symbol) throw new NotArithmetic("a parenthesis is not closed");
    this.#next += 1;
  }

  #divide(left: Quantity, right: Quantity): Quantity {
    if (toNumber(right) === 0) throw new NoValue("division by zero has no value");
    return fraction.divide(left, right);
  }
}

function raise(base: Quantity, exponent: Quantity): Quantity {
  if (toNumber(base) === 0 && toNumber(exponent) < 0) throw new NoValue("division by zero has no value");
  const result = fraction.raise(base, exponent);
  if (typeof result === "number" && !Number.isFinite(result)) throw new NoValue("the result is too large or not real");
  return result;
}

function remainder(left: Quantity, right: Quantity): Quantity {
  if (toNumber(right) === 0) throw new NoValue("division by zero has no value");
  return fraction.remainder(left, right);
}

function factorial(value: Quantity): Quantity {
  const n = toNumber(value);
  if (!Number.isInteger(n) || n < 0 || n > factorialMax)
    throw new NoValue(`a factorial takes whole numbers from 0 to ${factorialMax}`);
  let product: Quantity = fractionOf(1);
  for (let factor = 2; factor <= n; factor += 1) product = fraction.multiply(product, fractionOf(factor));
  return product;
}
