/** The states of a task in both shapes, whichever way it came into them. */
import { describe, expect, it } from "vitest";
import { decided } from "../../store/suite/life.suite.ts";
import { newTask, START } from "../../store/suite/new-task.suite.ts";
import { submitted } from "../../task/decide.ts";
import type { Task, Wait } from "../../task/task.ts";
import { Links } from "./links.ts";
import { taskAnswer } from "./schema.ts";
import { shownTask } from "./task-view.ts";
import { worklistStateOf } from "./vocabulary.ts";

const links = new Links({ origin: () => "https://h.example", mount: "/bpm/api/4.0" });
const error = { code: "no", message: "It cannot be done." };
const asking = (asks: "approval" | "authorization"): Wait => ({
  on: "input",
  key: "q",
  since: START,
  until: null,
  prompt: { name: "q", asks, text: "May I?", schema: null },
});

const queued: Task = submitted(newTask({ number: 7 })).task;
const running = decided(queued, { do: "start" }).task;
const suspended = (wait: Wait) => decided(running, { do: "suspend", attempt: 1, waits: [wait], checkpoint: "q" }).task;
const asked = suspended(asking("approval"));
const asleep = suspended({ on: "timer", key: "t", since: START, until: START + 9 });
const standing = suspended({
  on: "handler",
  key: "",
  since: START,
  until: null,
  code: "handler_version",
  message: "gone",
});
const paused = (task: Task) => decided(task, { do: "pause", by: "ada", reason: "" }).task;
const information: Task = {
  ...asked,
  assignment: asked.assignment && { ...asked.assignment, state: "information" },
};
const completed = decided(running, { do: "complete", attempt: 1, output: "done" }).task;
const cancelled = decided(running, { do: "cancel", by: "ada", reason: "" }).task;
const deleted: Task = { ...cancelled, assignment: asked.assignment && { ...asked.assignment, state: "deleted" } };
const rejectedByPerson: Task = {
  ...completed,
  assignment: asked.assignment && { ...asked.assignment, state: "closed", outcome: "reject" },
};

/** The rows of the contract: the state of the core, the two states of the wire, and what the metadata adds. */
const ROWS: [name: string, task: Task, state: string, final: boolean, worklist: string, beside: object][] = [
  ["queued", queued, "submitted", false, "ASSIGNED", {}],
  ["running", running, "working", false, "ASSIGNED", {}],
  ["waiting", asleep, "working", false, "ASSIGNED", {}],
  ["asking a person", asked, "input-required", false, "ASSIGNED", {}],
  ["asked for information", information, "input-required", false, "INFO_REQUESTED", {}],
  [
    "asking for an authorization",
    suspended(asking("authorization")),
    "input-required",
    false,
    "ALERTED",
    { a2aState: "auth-required" },
  ],
  ["paused at work", paused(asleep), "working", false, "SUSPENDED", { suspended: true }],
  ["paused while it asks", paused(asked), "input-required", false, "SUSPENDED", { suspended: true }],
  ["completed", completed, "completed", true, "COMPLETED", {}],
  ["completed by a rejection", rejectedByPerson, "completed", true, "COMPLETED", { outcome: "REJECT" }],
  ["failed", decided(running, { do: "fail", attempt: 1, error, retryAt: null }).task, "failed", true, "ERRORED", {}],
  ["expired", decided(running, { do: "expire" }).task, "failed", true, "EXPIRED", { reason: "expired" }],
  [
    "rejected by its handler",
    decided(running, { do: "reject", attempt: 1, error }).task,
    "failed",
    true,
    "ERRORED",
    { a2aState: "rejected" },
  ],
  ["cancelled", cancelled, "canceled", true, "WITHDRAWN", {}],
  ["deleted", deleted, "canceled", true, "DELETED", {}],
  ["without its code", standing, "unknown", false, "STALE", {}],
];

describe("a task in the A2A shape", () => {
  it.each(ROWS)(
    "that is %s has its state, and says whether it will change",
    (_, task, state, final, worklist, more) => {
      const shown = shownTask(links, task);
      expect(taskAnswer.parse(shown)).toEqual(shown);
      expect([shown.status.state, shown.final, worklistStateOf(task)]).toEqual([state, final, worklist]);
      const { links: _links, comments, attachments, history, payload, ...beside } = shown.metadata;
      expect(beside).toEqual(more);
      expect([comments, attachments, history, payload].every((field) => "levels" in Object(field))).toBe(true);
    },
  );

  it("says its question while it asks, and its error once it has failed", () => {
    expect(shownTask(links, asked).status.message).toMatchObject({
      kind: "message",
      role: "agent",
      taskId: "7",
      parts: [{ kind: "text", text: "May I?", type: "text" }],
      metadata: { prompt: "q", asks: "approval" },
    });
    const failed = decided(running, { do: "fail", attempt: 1, error, retryAt: null }).task;
    expect(shownTask(links, failed).status.message).toMatchObject({ parts: [{ text: "It cannot be done." }] });
    expect(shownTask(links, running).status).not.toHaveProperty("message");
  });
});
