import { expect, it } from "vitest";
import { type ModelAnswer, ModelError, type Models, type PaidCall } from "../models/model.ts";
import { createModels } from "../models/models.ts";
import { DetectorFailure } from "./detector.ts";
import { modelDetector } from "./model-detector.ts";

const MODEL = "openai:judge";
const paid: PaidCall = {
  usage: { inputTokens: 9, outputTokens: 3, cacheReadTokens: 0, cacheWriteTokens: 0 },
  ...{ rawUsage: null, model: "judge", provider: "openai", costUsd: 0.5 },
};
const says = (findings: object[]): ModelAnswer => ({
  ...paid,
  ...{ text: JSON.stringify({ findings }), toolCalls: [], finish: "stop" },
});

/** What is found in these texts by a model that answers so, and what its questions cost. */
async function found(texts: readonly string[], call: Models["call"]) {
  const detector = modelDetector("pii", MODEL, { ...createModels(), price: () => null, call });
  const segments = texts.map((text) => ({ text, before: "", after: "" }));
  const cost: PaidCall[] = [];
  const paying = async () => (one: PaidCall) => void cost.push(one);
  const detections = detector.detect(segments, { signal: new AbortController().signal, paying });
  return { detections: await detections.catch((error: unknown) => error), cost };
}

it("finds every place of what a model names, each in its own sentence", async () => {
  const answer = says([{ sentence: 2, entity: "Person", score: 0.9, text: "Ada" }]);
  const { detections, cost } = await found(["Ada is not asked for.", "Ada knows Ada."], async () => answer);
  const ada = { entity: "Person", score: 0.9 };
  expect(detections).toEqual([
    [],
    [
      { ...ada, start: 0, end: 3 },
      { ...ada, start: 10, end: 13 },
    ],
  ]);
  expect(cost).toEqual([answer]);
});

it("has not looked where a model tells of a sentence that there is not: it was about another text", async () => {
  const { detections, cost } = await found(["One."], async () => says([{ sentence: 2, entity: "Person", score: 1 }]));
  expect(detections).toBeInstanceOf(DetectorFailure);
  expect(detections).toMatchObject({ retryable: true });
  expect(cost).toHaveLength(1);
});

it("says what a question has cost that a model broke off", async () => {
  const broken = Object.assign(new ModelError("unavailable", "It broke off."), { spent: paid });
  const { detections, cost } = await found(["One."], async () => Promise.reject(broken));
  expect(detections).toMatchObject({ retryable: true, cause: broken });
  expect(cost).toEqual([paid]);
});
