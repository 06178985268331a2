import { afterEach, expect, it, vi } from "vitest";
import { failureOf, stackOf } from "./failure.ts";

afterEach(() => vi.unstubAllEnvs());

it("tells callers no secret of the environment that a handler's error repeats, whatever its form", () => {
  vi.stubEnv("QZ_API_KEY", "twin of no form 77");
  const error = new Error("refused: twin of no form 77");
  expect(failureOf(error).message).toBe("refused: [hidden]");
  expect(stackOf(error)).not.toContain("twin of");
});

it("cuts a long message at no secret, of which half would be left", () => {
  vi.stubEnv("QZ_API_KEY", "twin of no form 77");
  for (let before = 15_980; before <= 16_000; before++) {
    const { message } = failureOf(new Error(`${"x".repeat(before)}twin of no form 77 and more`));
    expect(message).not.toContain("t");
    expect(message.length).toBeLessThanOrEqual(16_001);
  }
});
