import { expect, test } from "vitest";
import type { JournalEntry } from "../../store/store.ts";
import { entryOf, Journal } from "./journal.ts";

const step = (branch: string, position: number, name: string, more: Partial<JournalEntry> = {}): JournalEntry => ({
  ...entryOf({ branch, position, name, occurrence: 0, key: "", kind: "step", entry: undefined }, "done", null, 0),
  ...more,
});
const again = { state: "retrying", tries: 0 } as const;

test.each([
  ["in the same branch", ""],
  ["in a branch before it", "/0.a"],
])("what an older version has left behind a call that is retried %s is asked for by nobody", (_, branch) => {
  const journal = new Journal([step(branch, 0, "fails", again), step("", 1, "undo")]);
  expect(journal.ended({ branch: "", position: 1 })).toBe(null);
  expect(journal.fork({ branch: "", position: 1 }, ["b"])).toBe(null);
  const later = new Journal([step(branch, 0, "fails"), step("", 1, "undo"), step("/1.b", 0, "kept")]);
  expect(later.fork({ branch: "", position: 1 }, ["b"])).toBe(null);
});

test("a call before the one that is retried is still asked for", () => {
  const journal = new Journal([step("", 0, "kept"), step("", 1, "fails", again)]);
  expect(journal.fork({ branch: "", position: 0 }, ["b"])?.message).toContain('holds the step "kept"');
  expect(journal.ended({ branch: "", position: 0 })?.message).toContain('the step "fails" (0), and the code now ends');
});

test("of calls that come in another order than before it is said where they were, and what gives them one", () => {
  const journal = new Journal([step("", 0, "one"), step("", 1, "other"), step("/2.b", 1, "third")]);
  const asked = (name: string) => () => journal.find("", 0, "step", name, 0);
  expect(asked("other")).toThrow(/asks for the step "other" \(0\), which it holds at position 1\. .* parallel\(\)\.$/);
  for (const name of ["third", "fourth"])
    expect(asked(name)).toThrow(new RegExp(`asks for the step "${name}" \\(0\\)\\.$`));
  expect(asked("one")()).toMatchObject({ name: "one" });
});
