import { expect, test } from "vitest";
import { firstTokensIn, lastTokensIn, tokensIn } from "../reference/text/tokens.ts";
import { tokensOf } from "./last-tokens.ts";
import { askOfTokens } from "./token-thread.ts";

const TEXT = "Über alles, was 語 heißt: 17 words, and some more of them. ";

test("tokens are counted in their thread as by the tokenizer itself", async () => {
  const asked = { text: TEXT, tokens: 5 };
  expect(
    await Promise.all([
      askOfTokens("count", [TEXT, "", TEXT]),
      askOfTokens("first", asked),
      askOfTokens("last", asked),
    ]),
  ).toEqual([2 * tokensIn(TEXT), firstTokensIn(TEXT, 5), lastTokensIn(TEXT, 5)]);
});

test("a short count does not wait for the whole of a long one", async () => {
  const long = tokensOf(Array.from({ length: 100 }, () => TEXT.repeat(300)));
  const first = await Promise.race([long.then(() => "long"), tokensOf([TEXT]).then(() => "short")]);
  expect(first).toBe("short");
  expect(await long).toBeGreaterThan(300_000);
});
