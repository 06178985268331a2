import { describe, expect, test } from "vitest";
import { plainWords } from "./plain-words.ts";
import { sentenceScore } from "./tone.ts";

describe("hidden words", () => {
  test.each([
    ["f u c k off", "fuck off"],
    ["s.h.i.t happens", "shit happens"],
    ["you sh!t, you $hit", "you shit you shit"],
    ["fuuuuuck", "fuuck"],
    ["id\u200biot and mоrоn", "idiot and moron"],
    ["ＩＤＩＯＴ, ïdìöt", "idiot idiot"],
    ["st00pid m0r0n", "stoopid moron"],
    ["I have 5 apples, 20kg of b12, at 10:30", "i have apples 20kg of b12 at"],
  ])("are read as they are meant: %s", (written, meant) => {
    expect(plainWords(written).join(" ")).toBe(meant);
  });
});

describe("hate, abuse and profanity", () => {
  test.each([
    "You are a worthless idiot.",
    "y0u are a stup1d m0r0n",
    "F U C K you",
    "fuuuuck off, you a$$hole",
    "You іdіоt!",
    "ЅHUT UP, id\u200bi\u200bot!",
    "I am going to kill you tonight.",
    "Those people are vermin and should be shot.",
  ])("is found: %s", (sentence) => {
    expect(sentenceScore("hap", sentence)).toBeGreaterThanOrEqual(0.5);
  });

  test.each([
    "How do I kill the process on port 80?",
    "Shoot me an e-mail on Monday.",
    "They want to crack the code before lunch.",
    "We drove from Scunthorpe to Penistone.",
    "The breast cancer screening is on Tuesday.",
    "The assassin in the classic cocktail bar passed the assessment.",
    "What is the capital of France?",
    "I hate olives.",
  ])("is not seen in: %s", (sentence) => {
    expect(sentenceScore("hap", sentence)).toBeLessThan(0.5);
  });
});

describe("prejudice against groups", () => {
  test("is found in claims about them, not in the mention of them", () => {
    expect(sentenceScore("socialBias", "All immigrants are lazy.")).toBeGreaterThanOrEqual(0.5);
    expect(sentenceScore("socialBias", "Women are too emotional for politics.")).toBeGreaterThanOrEqual(0.5);
    expect(sentenceScore("socialBias", "Many immigrants work in hospitals.")).toBeLessThan(0.5);
    expect(sentenceScore("socialBias", "It is a myth that women are bad drivers.")).toBeLessThan(0.5);
    expect(sentenceScore("socialBias", "All printers are lazy.")).toBeLessThan(0.5);
  });
});
