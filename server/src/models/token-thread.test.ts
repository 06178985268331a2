import { Worker } from "node:worker_threads";
import { afterEach, expect, test, vi } from "vitest";
import { firstTokensIn, lastTokensIn, tokensIn } from "../reference/text/tokens.ts";
import { tokensOf } from "./last-tokens.ts";
import { askOfTokens } from "./token-thread.ts";

const TEXT = "Über alles, was 語 heißt: 17 words, and some more of them. ";

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

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

test("whoever asks as the thread ends, since nobody has asked for long, is answered by another", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"], shouldClearNativeTimers: true });
  await tokensOf([TEXT]);
  vi.advanceTimersByTime(10 * 60_000);
  const asked = vi.spyOn(Worker.prototype, "postMessage");
  expect(await tokensOf([TEXT])).toBe(tokensIn(TEXT));
  expect(asked.mock.contexts.map((thread) => thread instanceof Worker && thread.threadId > 0)).toEqual([true]);
});

test("a count is not lost whose thread dies", async () => {
  vi.spyOn(Worker.prototype, "postMessage").mockImplementationOnce(function (this: Worker) {
    void this.terminate();
  });
  expect(await tokensOf([TEXT])).toBe(tokensIn(TEXT));
  expect(await tokensOf([TEXT])).toBe(tokensIn(TEXT));
});
