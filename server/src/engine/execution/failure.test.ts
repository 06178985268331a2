import { afterEach, expect, it, vi } from "vitest";
import { errorOf, failureOf, stackOf } from "./failure.ts";

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

it("cuts no secret in a stack that stands beside others, and none in what is no error, also of several lines", () => {
  const secret = `k9-${"3f9a\n7c".repeat(12)}`;
  vi.stubEnv("SERVICE_API_KEY", secret);
  for (const upTo of [1_000, 3_000, 8_000])
    for (let before = upTo - secret.length - 20; before <= upTo; before++) {
      const words = "x".repeat(before) + secret;
      const caused = new Error("inner", { cause: { words } });
      for (const thrown of [new Error(words), new Error(words, { cause: caused }), caused, errorOf({ words })])
        expect(stackOf(thrown), String(before)).not.toContain("k9-");
      expect(errorOf({ words }).stack, String(before)).not.toContain("k9-");
    }
});

it("tells whoever looks after the code what caused an error, and each of those that it gathers", () => {
  const mirrors = new AggregateError([new Error("mirror A is down"), "mirror B says no"], "no mirror answers");
  const trace = stackOf(new Error("order 17 failed", { cause: new TypeError("no such order", { cause: mirrors }) }));
  expect(trace).toMatch(/^Error: order 17 failed\n +at .*\nCaused by: TypeError: no such order\n +at /s);
  expect(trace).toMatch(/Caused by: AggregateError: no mirror answers\n.*One of its errors: Error: mirror A is down/s);
  expect(trace).toContain("One of its errors: mirror B says no");
});

it("leaves room for the cause of an error whose own stack is long, and comes to an end with one that leads back", () => {
  const outer = new Error("outer", { cause: new Error("inner") });
  outer.stack = `Error: outer\n${"    at somewhere (a.ts:1:1)\n".repeat(100_000)}`;
  expect(stackOf(outer)).toContain("Caused by: Error: inner");
  const first = new Error("first");
  first.cause = new Error("second", { cause: first });
  expect(stackOf(first)?.match(/Error: first/g)).toHaveLength(1);
});

it("says that there is much of what was thrown that is no error, which takes seconds to write down", () => {
  const rows = (depth: number): unknown => (depth === 0 ? 1 : Array.from({ length: 30 }, () => rows(depth - 1)));
  const wide = Object.fromEntries(Array.from({ length: 1_001 }, (_, n) => [`field ${n}`, n]));
  for (const much of [{ rows: rows(3) }, wide, { wide }])
    expect(stackOf(errorOf(much))).toContain("An object of more than 1000 values.");
  expect(stackOf(errorOf(rows(4)))).toContain("A list of more than 1000 values.");
  expect(stackOf(errorOf({ rows: rows(1), deep: { deep: { deep: rows(3) } } }))).toContain("deep: [");
});

it("names what was thrown that is no error, with its content for whoever may see the stack, and no place of our own", () => {
  const order = { detail: { why: "out of stock" }, id: 17 };
  expect(failureOf(order).message).toBe("No error, but an object with the fields detail, id was thrown.");
  expect(stackOf(errorOf(order))).toContain("out of stock");
  expect(failureOf({ message: "like an error", code: "E_LIKE" })).toEqual({ code: "E_LIKE", message: "like an error" });
  expect(failureOf(undefined).message).toBe("No error, but undefined was thrown.");
  expect(failureOf("just words").message).toBe("just words");
  expect(failureOf(new AggregateError([new Error("A"), "B"])).message).toBe("A; B");
  for (const thrown of ["just words", undefined, 42, order]) expect(stackOf(errorOf(thrown)) ?? "").not.toMatch(/ at /);
});
