import { expect, test } from "vitest";
import { relayedTo, relayingSink } from "./relayed.ts";
import type { FinishedModelCall, FinishedSpan } from "./span.ts";

const span: FinishedSpan = {
  ...{ name: "chat m", kind: "client", trace: "a".repeat(32), id: "b".repeat(16), parent: null, remoteParent: false },
  ...{ startMs: 1, endMs: 2, attributes: { "gen_ai.request.model": "m", list: ["x"] }, error: null },
};
const call: FinishedModelCall = {
  ...{ operation: "chat" },
  ...{ provider: "acme", requestModel: "m", responseModel: null, seconds: 1, firstSeconds: null, tokens: null },
  error: "unavailable",
};

test("what a process beside the server has to tell is told by the server, and its other questions are answered", async () => {
  const told: unknown[] = [];
  const sink = {
    span: (said: FinishedSpan) => told.push(said),
    modelCall: (said: FinishedModelCall) => told.push(said),
  };
  const server = relayedTo(sink, async (name) => `other ${name}`);
  // As a channel between processes carries it.
  const over = async (name: string, given: readonly unknown[]) => server(name, JSON.parse(JSON.stringify(given)));
  relayingSink(over).span(span);
  relayingSink(over).modelCall(call);
  expect(await over("directory.find", [])).toBe("other directory.find");
  expect(told).toEqual([span, call]);
  expect(await relayedTo(null, server)("telemetry.span", [span])).toBeNull();
  expect(told).toHaveLength(2);
  expect(() => relayingSink(() => Promise.reject(new Error("gone"))).span(span)).not.toThrow();
});
