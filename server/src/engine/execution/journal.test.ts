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
