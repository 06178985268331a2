import { expect, test } from "vitest";
import { strictest } from "./guardrails.ts";

test("the strictest of all who ask counts, and nobody takes a guardrail away", () => {
  const ofServer = {
    pii: { input: { enabled: true, threshold: 0.6 }, mask: { removeEntityValue: true } },
    hap: { output: { enabled: true, threshold: 0.5 } },
  };
  const ofCaller = {
    pii: {
      input: { enabled: false, threshold: 0.1 },
      output: { enabled: true, threshold: 0.8 },
      mask: { removeEntityValue: false },
    },
    hap: { output: { enabled: true, threshold: 0.9 } },
    socialBias: { input: { enabled: false, threshold: 0.5 } },
  };
  expect(strictest([ofServer, undefined, ofCaller])).toEqual({
    hap: { output: { enabled: true, threshold: 0.5 } },
    socialBias: { input: { enabled: false, threshold: 0.5 } },
    pii: {
      input: { enabled: true, threshold: 0.6 },
      output: { enabled: true, threshold: 0.8 },
      mask: { removeEntityValue: true },
    },
  });
});

test("nobody who asks for anything asks for nothing", () => {
  expect(strictest([undefined, {}])).toEqual({});
});
