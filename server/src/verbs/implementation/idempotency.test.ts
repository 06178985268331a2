/** What a repeat is told whose key is known. */
import { expect, test } from "vitest";
import { mustBeSameRequest } from "./idempotency.ts";

test.each([
  ["another request", "other", "for another request"],
  ["a request that cannot be read any more", "", "cannot be read any more"],
])("a key that was used for %s begins nothing, and says which it is", (_, hash, said) => {
  expect(() => mustBeSameRequest({ hash: "own" }, hash)).toThrow(said);
});

test("a repeat of the same request, and one without a key, are let through", () => {
  expect(() => mustBeSameRequest({ hash: "own" }, "own")).not.toThrow();
  expect(() => mustBeSameRequest(undefined, "own")).not.toThrow();
});
