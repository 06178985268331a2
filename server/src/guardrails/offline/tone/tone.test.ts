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
    ["T'es où, l'idiot de l'arbitro", "t es ou l idiot de l arbitro"],
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
    "Du bist ein w1derlicher Versager.",
    "Ta gueule, s a l a u d !",
    "Eres un cabrón.",
    "Sei uno strоnzo.",
    "Vai-te f\u200boder, idiota.",
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
    "Die Frau hat den Mann am Bahnhof getroffen.",
    "Il a dit « sale idiot » en parlant de lui-même.",
    "El proceso muere cuando se llena la memoria.",
    "Il maiale si arrostisce per due ore.",
    "O comboio para Lisboa sai às dez.",
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
    expect(sentenceScore("socialBias", "Alle Ausländer sind faul.")).toBeGreaterThanOrEqual(0.5);
    expect(sentenceScore("socialBias", "Muchos inmigrantes trabajan en hospitales.")).toBeLessThan(0.5);
  });
});
