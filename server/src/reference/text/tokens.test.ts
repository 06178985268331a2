import { countTokens } from "gpt-tokenizer/encoding/o200k_base";
import { expect, test } from "vitest";
import { processorMs } from "../../../test/processor-time.ts";
import { tokensIn } from "./tokens.ts";

test("a text has the tokens that a tokenizer counts, and marks of a model's own are text", () => {
  const text = "The harbour of Aldermouth opens at six. ".repeat(20);
  expect(tokensIn(text)).toBe(countTokens(text));
  expect(tokensIn("<|endoftext|>")).toBeGreaterThan(1);
  expect(tokensIn("")).toBe(0);
});

test.each(["a", " ", "\n", ".", "字", "a "])(
  "a text of nothing but %j is counted in time that grows with its length",
  (sign) => {
    tokensIn(sign);
    const began = processorMs();
    tokensIn(sign.repeat(400_000));
    expect(processorMs() - began).toBeLessThan(1_500);
  },
);
