import { describe, expect, it } from "vitest";
import { beyond, isAllowed, modelList, mustBeAllowed } from "./allowed-models.ts";

describe("a list of models", () => {
  it.each([
    [[], "openai:gpt-5", true],
    [[["openai:gpt-5"]], "openai:gpt-5", true],
    [[["openai:gpt-5"]], "openai:gpt-5-mini", false],
    [[["openai:gpt-5*"]], "openai:gpt-5-mini", true],
    [[["openai:*", "local:reference"]], "local:reference", true],
    [[["openai:*"]], "openai2:gpt-5", false],
    [[["*"]], "anthropic:claude", true],
    [[["openai:*"], ["openai:gpt-5"]], "openai:gpt-5", true],
    [[["openai:*"], ["local:*"]], "openai:gpt-5", false],
  ])("%j lets %s be asked: %s", (lists, model, allowed) => {
    expect(isAllowed(lists, model)).toBe(allowed);
  });

  it("says which models may be asked instead", () => {
    expect(() => mustBeAllowed([["*"], ["local:*", "openai:gpt-5"]], "openai:gpt-4")).toThrow(
      "openai:gpt-4 may not be asked with this key. It may ask: local:*, openai:gpt-5.",
    );
  });

  it("passes on no more than it has, by names that end in a star too", () => {
    expect(beyond(["openai:gpt-5*"], ["openai:gpt-5*", "openai:gpt-5-mini", "openai:gpt-5-n*"])).toEqual([]);
    expect(beyond(["openai:gpt-5*"], ["openai:*", "*", "local:reference"])).toEqual([
      "openai:*",
      "*",
      "local:reference",
    ]);
  });

  it.each([["gpt-5"], ["openai: gpt"], ["op*:x"], ["openai:g*t"], [""]])("has no name %j", (name) => {
    expect(modelList.safeParse([name]).success).toBe(false);
  });
});
