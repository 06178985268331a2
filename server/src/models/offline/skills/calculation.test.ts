import { describe, expect, it } from "vitest";
import { evaluate } from "../../../reference/arithmetic.ts";
import { expressionIn } from "./calculation.ts";

describe("the arithmetic in a sentence", () => {
  it.each([
    ["What is 17 * 23?", "391"],
    ["what's seven plus eight?", "15"],
    ["Please calculate (3+4)*5.", "35"],
    ["How much is 12.5 percent of $640?", "80"],
    ["What is the square root of 144?", "12"],
    ["What is 2 to the power of 100?", "1267650600228229401496703205376"],
    ["What is 5!", "120"],
    ["3 x 4", "12"],
  ])("%s is %s", (sentence, result) => {
    expect(evaluate(expressionIn(sentence) ?? "")).toMatchObject({ text: result });
  });

  it.each([
    "What is Python?",
    "What day is 2026-03-01?",
    "What's 5?",
    "Who won in 1966?",
    "What is the e-mail of Ann?",
    "Is it on or off?",
    "well-known",
    "",
  ])("%j has none", (sentence) => {
    expect(expressionIn(sentence)).toBeUndefined();
  });
});
