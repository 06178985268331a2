import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { processorMs } from "../../test/processor-time.ts";
import { evaluate } from "./arithmetic.ts";

function value(expression: string): string {
  const result = evaluate(expression);
  return result.ok ? result.text : result.reason;
}

describe("an expression", () => {
  it.each([
    ["2 + 3 * 4", "14"],
    ["(2 + 3) * 4", "20"],
    ["-2^2", "-4"],
    ["2^3^2", "512"],
    ["2^-1", "0.5"],
    ["2 ** 10", "1024"],
    ["0.1 + 0.2", "0.3"],
    ["1/3 + 1/3 + 1/3", "1"],
    ["1/3", "0.333333333333"],
    ["10 % 3", "1"],
    ["-1 mod 12", "11"],
    ["15% * 80", "12"],
    ["50 + 10%", "55"],
    ["50 - 10%", "45"],
    ["5% + 5%", "0.1"],
    ["5!", "120"],
    ["10! / (3! * 7!)", "120"],
    ["sqrt(144) + 1/10", "12.1"],
    ["cbrt 27", "3"],
    ["max(3, 9, 2)", "9"],
    ["gcd(12, 18)", "6"],
    ["mean 10, 20 and 60", "30"],
    ["2(3 + 4)", "14"],
    ["1,234,567 + 1", "1234568"],
    ["9999999999999999 * 9999999999999999", "99999999999999980000000000000001"],
    ["six times seven", "42"],
    ["two hundred and five minus five", "200"],
    ["100 ÷ 8", "12.5"],
    ["12 squared", "144"],
    ["half of 50", "25"],
  ])("%s is %s", (expression, result) => {
    expect(value(expression)).toBe(result);
  });

  it.each(["1/0", "5 % 0", "0^-1", "sqrt(-1)", "ln 0", "171!", "1e300 * 1e300", "9^9^9^9"])(
    "%s has no value, and says why",
    (expression) => {
      expect(evaluate(expression)).toEqual({ ok: false, isArithmetic: true, reason: expect.any(String) });
    },
  );

  it.each(["", "2 +", "hello", "2 3", "((1)", "process.exit()", "constructor(1)", "__proto__", "1;2", "a=1"])(
    "%j is not one",
    (expression) => {
      expect(evaluate(expression)).toMatchObject({ ok: false, isArithmetic: false });
    },
  );

  it("is computed exactly, whatever whole numbers it is made of", () => {
    const tree = fc.letrec<{ node: string }>((tie) => ({
      node: fc.oneof(
        { depthSize: "small" },
        fc.integer({ min: 0, max: 999 }).map(String),
        fc
          .tuple(tie("node"), fc.constantFrom("+", "-", "*"), tie("node"))
          .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
      ),
    })).node;
    fc.assert(
      fc.property(tree, (expression) => {
        fc.pre(expression.length < 400);
        const exact: unknown = new Function(`return String(${expression.replace(/\d+/g, "$&n")})`)();
        expect(value(expression)).toBe(exact);
      }),
    );
  });

  it("takes bounded work, however it nests", () => {
    const start = processorMs();
    for (const hostile of [
      "(".repeat(10_000),
      `${"(".repeat(400)}1${")".repeat(400)}`,
      "-".repeat(999),
      "2^".repeat(400),
      "!".repeat(500),
      "9".repeat(1_000),
    ])
      evaluate(hostile);
    expect(processorMs() - start).toBeLessThan(1_000);
  });
});
