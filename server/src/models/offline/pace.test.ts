import { describe, expect, it } from "vitest";
import { createModels } from "../models.ts";

const ask = (offlineWordsPerS: number, signal: AbortSignal) => {
  const pieces: string[] = [];
  const answer = createModels({ offlineWordsPerS }).call({
    model: "local:reference",
    prompt: [{ role: "user", text: "What is the capital of France?" }],
    tools: [],
    signal,
    onText: (piece) => pieces.push(piece),
  });
  return { answer, pieces };
};

describe("the offline model at a pace", () => {
  it("says the same words, one by one", async () => {
    const never = new AbortController().signal;
    const [fast, paced] = [ask(0, never), ask(500, never)];
    expect((await paced.answer).text).toBe((await fast.answer).text);
    expect(paced.pieces.length).toBeGreaterThan(3);
    expect(paced.pieces.join("")).toBe((await fast.answer).text);
  });

  it("is stopped in the middle of a word's wait", async () => {
    const stop = new AbortController();
    // A word every thousand seconds: nothing but the stop ends this.
    const { answer } = ask(0.001, stop.signal);
    stop.abort();
    await expect(answer).rejects.toMatchObject({ code: "aborted" });
  });

  it("takes its time for each look-up of a research, and not for its report alone", async () => {
    const begun = performance.now();
    const { toolCalls } = await createModels({ offlineWordsPerS: 500 }).call({
      model: "local:reference",
      prompt: [
        { role: "system", text: "Research this question." },
        { role: "user", text: "How did tea come to Europe?" },
      ],
      tools: [
        {
          name: "define_word",
          description: "Defines a word.",
          inputSchema: { type: "object", properties: { word: { type: "string" } }, required: ["word"] },
        },
      ],
      signal: new AbortController().signal,
    });
    expect(toolCalls).toMatchObject([{ name: "define_word" }]);
    // Less would be the time of a call outside of a research, 16 ms; timers may be a little early.
    expect(performance.now() - begun).toBeGreaterThan(80);
  });
});
