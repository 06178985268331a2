import { describe, expect, test } from "vitest";
import { asChildOf, childRefused, endOfParent } from "./family.ts";
import { type QueuedTask, queuedTask } from "./queued-task.ts";

const BORN = 1_000_000;
const BUDGET = { tokens: 1_000, onSpent: "pause" as const };

function fresh(id: string, fields: Partial<QueuedTask> = {}): QueuedTask {
  return {
    ...queuedTask({ id, tenant: "t", user: "u", kind: "k", title: "", input: {}, createdAt: BORN }),
    ...fields,
  };
}

describe("a child", () => {
  test("is bound by each budget above it, the topmost first, and asks the models of whoever submitted it, however many generations are between", () => {
    const top = fresh("top", { budget: BUDGET });
    const second = asChildOf(top, fresh("second"));
    const third = asChildOf(second, fresh("third", { budget: BUDGET }));
    const fourth = asChildOf(third, fresh("fourth"));
    expect([top, second, third, fourth].map(({ boundBy }) => boundBy)).toEqual([
      [],
      ["top"],
      ["top"],
      ["top", "third"],
    ]);
    const listed = asChildOf(fresh("parent", { models: [["local:*"]] }), fresh("child"));
    expect(asChildOf(listed, fresh("grandchild")).models).toEqual([["local:*"]]);
    expect([second.depth, third.depth, fourth.depth]).toEqual([1, 2, 3]);
  });

  test("ends by the deadline that somebody named above it, and by no limit that stands still while it runs", () => {
    const named = fresh("named", { deadlineAt: BORN + 100, namedDeadlineAt: BORN + 100 });
    expect(asChildOf(named, fresh("child")).deadlineAt).toBe(BORN + 100);
    const sooner = fresh("child", { deadlineAt: BORN + 50, namedDeadlineAt: BORN + 50 });
    expect(asChildOf(named, sooner)).toMatchObject({ deadlineAt: BORN + 50, namedDeadlineAt: BORN + 50 });
    const limited = fresh("limited", { deadlineAt: BORN + 10, namedDeadlineAt: BORN + 100, timeLimitMs: 10 });
    expect(asChildOf(limited, fresh("child")).deadlineAt).toBe(BORN + 100);
    expect(asChildOf(fresh("free"), fresh("child")).deadlineAt).toBeNull();
  });

  test("is refused below so many generations, and not before", () => {
    expect(childRefused(fresh("deep", { depth: 2 }), 3)).toBeNull();
    expect(childRefused(fresh("deep", { depth: 3 }), 3)).toMatchObject({ code: "too_deep" });
  });

  test("whose parent is gone ends by nobody's word", () => {
    expect(endOfParent("task_1", null)).toEqual({ do: "cancel", by: "waybill", reason: "Its parent task_1 is gone." });
  });
});
