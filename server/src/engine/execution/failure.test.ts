import { afterEach, expect, it, vi } from "vitest";
import { failureOf, stackOf } from "./failure.ts";

afterEach(() => vi.unstubAllEnvs());

it("tells callers no secret of the environment that a handler's error repeats, whatever its form", () => {
  vi.stubEnv("QZ_API_KEY", "twin of no form 77");
  const error = new Error("refused: twin of no form 77");
  expect(failureOf(error).message).toBe("refused: [hidden]");
  expect(stackOf(error)).not.toContain("twin of");
});
