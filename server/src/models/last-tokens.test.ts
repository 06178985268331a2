import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lastTokensIn, tokensIn } from "../reference/text/tokens.ts";
import { lastTokens, textsOf, tokensOf } from "./last-tokens.ts";
import type { PromptTurn } from "./model.ts";

const instructions: PromptTurn = { role: "system", text: "You are a helpful assistant of few words." };

describe("a prompt cut to its last tokens", () => {
  it("keeps the instructions and the end of what was said", async () => {
    const prompt: PromptTurn[] = [
      instructions,
      { role: "user", text: "The first question is about Rome." },
      { role: "assistant", text: "It is a city." },
      { role: "user", text: "one two three four five six seven eight" },
    ];
    const kept = await lastTokens(prompt, 3);
    expect(kept).toEqual([instructions, { role: "user", text: " six seven eight" }]);
  });

  it("is whole when it has no more tokens than that, and for 0", async () => {
    const prompt: PromptTurn[] = [instructions, { role: "user", text: "Hello there." }];
    expect(await lastTokens(prompt, 100)).toEqual(prompt);
    expect(await lastTokens(prompt, 0)).toEqual(prompt);
  });

  it("shows no result of a tool whose call it does not show", async () => {
    const prompt: PromptTurn[] = [
      { role: "user", text: "What is 1 + 1?" },
      { role: "assistant", text: "", toolCalls: [{ id: "a", name: "calculator", input: { expression: "1+1" } }] },
      { role: "tool", results: [{ id: "a", name: "calculator", output: "two", isError: false }] },
      { role: "user", text: "Thanks." },
    ];
    for (let tokens = 1; tokens < 20; tokens++) {
      const kept = await lastTokens(prompt, tokens);
      expect(kept.length).toBeGreaterThan(0);
      if (kept.some(({ role }) => role === "tool")) {
        expect(kept.some((turn) => turn.role === "assistant" && turn.toolCalls?.length === 1)).toBe(true);
      }
    }
  });

  it("never says more than was asked for, whatever the text", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: "grapheme", maxLength: 60 }), { minLength: 1, maxLength: 5 }),
        fc.integer({ min: 1, max: 40 }),
        async (texts, tokens) => {
          const prompt = texts.map((text): PromptTurn => ({ role: "user", text }));
          const kept = await lastTokens(prompt, tokens);
          const said = [...textsOf(kept)];
          expect(texts.join("\u0000").endsWith(said.join("\u0000"))).toBe(true);
          expect(await tokensOf(said)).toBeLessThanOrEqual(tokens + said.length * 3);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe("the last tokens of a text", () => {
  it("are the end of it, and as many as they say", () => {
    const text = "Grüße aus Zürich 🎉🎉 and a good day to you all";
    for (let tokens = 1; tokens <= tokensIn(text) + 1; tokens++) {
      const end = lastTokensIn(text, tokens);
      expect(text.endsWith(end.text)).toBe(true);
      expect(end.tokens).toBeLessThanOrEqual(tokens);
      expect(end.text).not.toContain("\uFFFD");
    }
  });
});
