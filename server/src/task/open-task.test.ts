import { describe, expect, test } from "vitest";
import { backlogPlace, isBehind, isReady, isUnclaimed, NEVER, wakesAt } from "./open-task.ts";

const unclaimed = { parent: null, conversation: null, queue: "q", dueAt: null, concurrencyKey: null };
const sleeper = { ...unclaimed, queue: null, deadlineAt: null, concurrencyToEnd: false };

describe("work that lies on disk until it is claimed", () => {
  test.each([
    ["is what waits in a queue for whoever claims it first", {}, true],
    ["is no child", { parent: "task_1" }, false],
    ["has no turn in a conversation", { conversation: "c" }, false],
    ["has no key", { concurrencyKey: "k" }, false],
    ["is not delayed", { dueAt: 1 }, false],
    ["is no work of this server", { queue: null }, false],
  ])("%s", (_, own, expected) => expect(isUnclaimed({ state: "queued", ...unclaimed, ...own })).toBe(expected));

  test("is given out by priority, then by age, then by id", () => {
    const place = (priority: number, createdAt: number, id: string) => backlogPlace({ priority, createdAt, id });
    const inOrder = [place(1, 2, "b"), place(0, 1, "c"), place(0, 2, "a"), place(0, 2, "b")];
    const shuffled = [3, 1, 0, 2].map((at) => inOrder[at] ?? place(9, 9, ""));
    expect(shuffled.sort((one, other) => (isBehind(one, other) ? 1 : -1))).toEqual(inOrder);
  });
});

describe("a task sleeps on disk", () => {
  test.each<[string, Parameters<typeof wakesAt>, number | null]>([
    ["until its timer", [{ ...sleeper, state: "waiting", dueAt: 5 }, ["timer"]], 5],
    [
      "until its deadline, where that is sooner",
      [{ ...sleeper, state: "waiting", dueAt: 5, deadlineAt: 3 }, ["timer"]],
      3,
    ],
    ["for as long as nobody answers it", [{ ...sleeper, state: "input_required" }, ["input"]], NEVER],
    [
      "and not where its parent asks what it asks",
      [{ ...sleeper, state: "input_required", parent: "p" }, ["input"]],
      null,
    ],
    [
      "and not with a key that it has to its end",
      [{ ...sleeper, state: "waiting", concurrencyToEnd: true }, ["timer"]],
      null,
    ],
    ["and not while it wants a slot", [{ ...sleeper, state: "waiting" }, ["slot"]], null],
  ])("%s", (_, given, expected) => expect(wakesAt(...given)).toBe(expected));
});

test("a task whose turn comes before its delay is over does not begin by that", () => {
  const reasons = [["conversation"], ["conversation", "timer"], ["slot", "input"], ["timer"]];
  expect(reasons.map((each) => isReady("waiting", each))).toEqual([true, false, true, false]);
});
