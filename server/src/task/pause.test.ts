import { expect, test } from "vitest";
import { decide } from "./decide.ts";
import { Refusal } from "./errors.ts";
import { queuedTask } from "./queued-task.ts";

const AT = 1_000_000;

test("a pause until a moment makes no other a lasting one", () => {
  const named = { id: "task_1", tenant: "acme", user: "ada", kind: "work", title: "Work", input: {} };
  const pause = { do: "pause", by: "ada", reason: "", until: AT + 1_000 } as const;
  const paused = decide(queuedTask({ ...named, createdAt: AT }), pause, AT);
  if (paused instanceof Refusal) throw paused;
  expect(decide(paused.task, pause, AT)).toMatchObject({ code: "not_allowed_in_state" });
});
