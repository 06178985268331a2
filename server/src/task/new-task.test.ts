import { describe, expect, it } from "vitest";
import { parsePlain } from "./new-task.ts";
import { KIND_LENGTH_MAX, PRIORITY_MAX, type Submission, submission } from "./submission.ts";

const HALF = "\ud800";
const another = { owner: "another" };
const plain = { kind: "noop", input: { text: "hello" } };

describe("a plain submission", () => {
  it.each<Submission>([
    plain,
    { ...plain, priority: PRIORITY_MAX },
    { ...plain, conversation: { new: true, agent: "scribe" } },
    { ...plain, conversation: { new: true, context: { place: "here" } } },
    { ...plain, conversation: { alias: "mine" }, priority: -PRIORITY_MAX },
    { ...plain, conversation: { id: "01234567-89ab-7def-8123-456789abcdef" } },
  ])("is what its schema makes of it: %o", (given) => {
    expect(parsePlain(given)).toEqual(submission.parse(given));
  });

  it("has whole characters alone", () => {
    const given = {
      kind: `noop${HALF}`,
      input: { [HALF]: HALF },
      conversation: { alias: HALF, context: { [HALF]: HALF } },
    };
    expect(JSON.stringify(parsePlain(given))).not.toMatch(/\\ud800/);
  });

  it.each<[string, Submission]>([
    ["a kind without a letter", { ...plain, kind: "" }],
    ["a kind that is too long", { ...plain, kind: "k".repeat(KIND_LENGTH_MAX + 1) }],
    ["a priority that is too high", { ...plain, priority: PRIORITY_MAX + 1 }],
    ["half a priority", { ...plain, priority: 0.5 }],
    ["an input that is no JSON", { ...plain, input: { at: Number.NaN } }],
    ["a conversation without a name", { ...plain, conversation: { alias: "" } }],
    ["a conversation that says more", { ...plain, conversation: { new: true, agent: "scribe", ...another } }],
    ["an agent's name that is too long", { ...plain, conversation: { new: true, agent: "a".repeat(256) } }],
    ["a field that is none", { ...plain, ...another }],
    ["metadata", { ...plain, metadata: {} }],
  ])("is not one with %s", (_, given) => {
    expect(parsePlain(given)).toBeNull();
  });
});
