import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { processorMs } from "../../../test/processor-time.ts";
import { jsonBytes } from "./json-bytes.ts";

const real = (value: unknown) => Buffer.byteLength(JSON.stringify(value));
const every = String.fromCharCode(...Array.from({ length: 128 }, (_, code) => code));

describe("the bytes of a value's JSON, counted without making it", () => {
  it.each([
    ["nothing", [null, true, false, {}, [], ""]],
    ["whole numbers", [0, 7, -7, 9, 10, -10, 99, 100, 999_999_999_999_999, -999_999_999_999_999]],
    [
      "each character of ASCII, short and long",
      [every, every.repeat(1_000), `${every.repeat(1_000)}"`, `"${every.repeat(9)}`],
    ],
    ["ASCII that goes on as something else", `${every.repeat(1_000)}ä€💣${every.repeat(1_000)}`],
    ["characters of two, three and four bytes, short and long", ["ä€💣", `x${"ä€💣\n".repeat(40_000)}`]],
    ["keys, and one whose value is undefined", { 'a"': 1, ä: [{ b: "" }], gone: undefined }],
  ])("are exact: %s", (_, value) => {
    expect(jsonBytes(value)).toBe(real(value));
  });

  it("are never fewer than there are, and exact without fractions", () => {
    const texts = fc.string({ unit: "grapheme", maxLength: 100 });
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: "grapheme" }), texts, fc.nat(3_000), (value, text, times) => {
        const whole = { [text]: text.repeat(times), value: times };
        expect(jsonBytes(whole)).toBe(real(whole));
        expect(jsonBytes(value)).toBeGreaterThanOrEqual(real(value));
      }),
    );
  });

  it("takes less of the processor than to make it", () => {
    const values = [
      Buffer.alloc(8 << 20, "x").toString(),
      Buffer.alloc(8 << 20, "ä€💣").toString(),
      Array.from({ length: 250_000 }, (_, n) => n / 3),
    ];
    const least = (work: (value: unknown) => number) =>
      Math.min(
        ...Array.from({ length: 5 }, () => {
          const from = processorMs();
          for (const value of values) work(value);
          return processorMs() - from;
        }),
      );
    expect(least(jsonBytes)).toBeLessThan(least(real));
  });
});
