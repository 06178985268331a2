import { describe, expect, it } from "vitest";
import { type Change, decide, submitted, submittedGoingOn } from "../decide.ts";
import { Refusal } from "../errors.ts";
import type { Json, JsonObject } from "../json/json.ts";
import { queuedTask } from "../queued-task.ts";
import type { Task } from "../task.ts";
import { type HumanAct, humanAct, humanInput } from "./human.ts";
import { type Actor, afterPause, RULES } from "./human-acts.ts";
import type { Identity } from "./identity.ts";
import { firstAssignment, workStateOf } from "./work-item.ts";

const AT = Date.UTC(2026, 4, 4);
const user = (id: string): Identity => ({ type: "user", id });
const finance: Identity = { type: "group", id: "finance" };

const PEOPLE: Record<string, Actor> = {
  // Submits everything here.
  eva: { user: "eva", looksAfterAll: false },
  ada: { user: "ada", groups: ["finance"], looksAfterAll: false },
  bob: { user: "bob", groups: ["finance"], roles: ["auditor"], looksAfterAll: false },
  cyd: { user: "cyd", looksAfterAll: false },
  root: { user: "root", looksAfterAll: true },
};

function queued(input: JsonObject): Task {
  const read = humanInput.parse({ title: "Pay the invoice?", ...input });
  return queuedTask({
    id: "task_1",
    tenant: "acme",
    user: "eva",
    kind: "human",
    title: read.title,
    input: { title: "Pay the invoice?", ...input },
    createdAt: AT,
    assignment: firstAssignment(read, "eva", AT),
  });
}

function begun(input: JsonObject): Task {
  return taken(submittedGoingOn(queued(input), "ask")).task;
}

function taken(change: Change | Refusal): Change {
  if (change instanceof Refusal) throw change;
  return change;
}

function tried(task: Task, who: string, act: HumanAct, comment = ""): Change | Refusal {
  const by = PEOPLE[who];
  if (!by) throw new Error(`Nobody is called ${who}.`);
  return decide(task, { do: "act", by, act, comment, messageId: "m" }, AT + 1_000);
}

function acted(task: Task, who: string, act: HumanAct, comment = ""): Task {
  return taken(tried(task, who, act, comment)).task;
}

function refused(task: Task, who: string, act: HumanAct): string {
  const change = tried(task, who, act);
  return change instanceof Refusal ? change.code : "taken";
}

const decides = (outcome: string): HumanAct => ({ act: "decide", outcome });
const outputOf = (task: Task): Json => (task.state === "completed" ? task.output : task.state);
const holders = ({ assignment }: Task) => (assignment?.assignees ?? []).map(({ id }) => id);

describe("a task of people", () => {
  it("is on the lists of its people from its first moment, also where it asks them later", () => {
    expect(submitted(queued({ assignees: [finance] })).assigns).toBe(true);
  });

  it("asks from its first moment, and ends with what was decided, by whom and on what", () => {
    const task = begun({ assignees: [finance], payload: { amount: 120 } });
    expect(task.state).toBe("input_required");
    const change = taken(
      tried(task, "ada", { act: "decide", outcome: "Approve", payload: { amount: 100 } }, "Without the taxi."),
    );
    expect(change.events.map(({ type }) => type)).toEqual(["human.acted", "task.completed"]);
    expect(outputOf(change.task)).toMatchObject({
      outcome: "approve",
      by: "ada",
      comment: "Without the taxi.",
      payload: { amount: 100 },
    });
    expect(workStateOf(change.task)).toBe("completed");
    expect(refused(change.task, "bob", decides("reject"))).toBe("conflict");
  });

  it("is done by its assignees alone, and not by whoever submitted it, owns it or looks after all", () => {
    const task = begun({ assignees: [finance] });
    const acts: HumanAct[] = [{ act: "claim" }, decides("approve"), { act: "delegate", to: [user("cyd")] }];
    for (const who of ["eva", "root", "cyd"])
      for (const act of acts) expect(refused(task, who, act), `${who} ${act.act}`).toBe("forbidden");
  });

  it("is taken out of a group by one, who alone decides until it is given back", () => {
    const claimed = acted(begun({ assignees: [finance] }), "ada", { act: "claim" });
    expect(refused(claimed, "bob", { act: "claim" })).toBe("conflict");
    expect(refused(claimed, "bob", decides("approve"))).toBe("conflict");
    expect(refused(claimed, "bob", { act: "release" })).toBe("forbidden");
    const released = acted(claimed, "ada", { act: "release" });
    expect(outputOf(acted(released, "bob", decides("reject")))).toMatchObject({ outcome: "reject", by: "bob" });
  });

  it("goes to others, and back to whom it came from", () => {
    const delegated = acted(begun({ assignees: [user("ada")] }), "ada", { act: "delegate", to: [user("cyd")] });
    expect([holders(delegated), delegated.assignment?.from]).toEqual([["cyd"], "ada"]);
    expect(refused(delegated, "ada", decides("approve"))).toBe("forbidden");
    const pushed = acted(delegated, "cyd", { act: "push_back" });
    expect(holders(pushed)).toEqual(["ada"]);
    expect(refused(pushed, "ada", { act: "push_back" })).toBe("not_allowed_in_state");
    const moved = acted(pushed, "eva", { act: "reassign", to: [user("bob"), user("cyd")] });
    expect(holders(moved)).toEqual(["bob", "cyd"]);
    expect(moved.assignment?.actors).toEqual(["ada", "cyd", "eva"]);
  });

  it("waits for information that somebody was asked for, and then for whoever asked", () => {
    const asked = acted(begun({ assignees: [finance] }), "ada", { act: "request_information", from: [user("cyd")] });
    expect([holders(asked), workStateOf(asked)]).toEqual([["cyd"], "information"]);
    expect(refused(asked, "ada", decides("approve"))).toBe("forbidden");
    expect(refused(asked, "cyd", decides("approve"))).toBe("not_allowed_in_state");
    const told = acted(asked, "cyd", { act: "submit_information" }, "It was two nights.");
    expect([holders(told), workStateOf(told)]).toEqual([["finance"], "assigned"]);
  });

  it("stands still while suspended, and its dates with it", () => {
    const task = begun({ due_at: new Date(AT + 60_000).toISOString() });
    const suspended = acted(task, "eva", { act: "suspend" });
    expect([suspended.state, workStateOf(suspended)]).toEqual(["paused", "suspended"]);
    expect(refused(suspended, "eva", decides("approve"))).toBe("not_allowed_in_state");
    const by = { user: "eva", looksAfterAll: false };
    const later = { do: "act", by, act: { act: "resume" }, comment: "", messageId: "m" } as const;
    const resumed = taken(decide(suspended, later, AT + 11_000)).task;
    expect([resumed.state, resumed.assignment?.dueAt]).toEqual(["input_required", AT + 70_000]);
  });

  it("is escalated once when it is overdue, to whom it says", () => {
    const task = begun({ assignees: [user("ada")], due_at: new Date(AT + 60_000).toISOString() });
    const late = taken(decide(task, { do: "overdue", to: [user("cyd")] }, AT + 60_000)).task;
    expect([holders(late), late.assignment?.escalations]).toEqual([["cyd"], 1]);
    expect(decide(late, { do: "overdue", to: [user("bob")] }, AT + 61_000)).toBeInstanceOf(Refusal);
    expect(refused(task, "ada", { act: "escalate", to: [] })).toBe("invalid");
  });

  it("ends otherwise too: withdrawn, ended as an error, skipped without a decision, put away", () => {
    const task = begun({ assignees: [user("ada")] });
    expect(acted(task, "eva", { act: "withdraw" }).state).toBe("cancelled");
    expect(acted(task, "root", { act: "error" }).state).toBe("failed");
    expect(outputOf(acted(task, "eva", { act: "skip" }))).toMatchObject({ outcome: null, by: "eva" });
    const deleted = acted(task, "eva", { act: "delete" });
    expect([deleted.state, workStateOf(deleted)]).toEqual(["cancelled", "deleted"]);
    const expired = taken(decide(task, { do: "expire" }, AT + 1)).task;
    expect([workStateOf(expired), refused(expired, "ada", { act: "renew" })]).toEqual(["expired", "forbidden"]);
  });

  it("lets nobody else do any of it", () => {
    const task = begun({ assignees: [user("ada")] });
    const suspended = acted(task, "eva", { act: "suspend" });
    const to = [user("cyd")];
    const more: Record<string, object> = {
      decide: { outcome: "approve" },
      delegate: { to },
      reassign: { to },
      request_information: { from: to },
      route: { to, routing: "simple" },
    };
    for (const act of Object.keys(RULES)) {
      const whole = humanAct.parse({ act, ...more[act] });
      expect(refused(act === "resume" ? suspended : task, "cyd", whole), act).toBe("forbidden");
    }
  });
});

describe("what is somebody's own", () => {
  it("stays his while he waits for information", () => {
    const claimed = acted(begun({ assignees: [finance] }), "ada", { act: "claim" });
    const asked = acted(claimed, "ada", { act: "request_information", from: [user("cyd")] });
    const told = acted(asked, "cyd", { act: "submit_information" });
    expect(refused(told, "bob", decides("approve"))).toBe("conflict");
    expect(outputOf(acted(told, "ada", decides("approve")))).toMatchObject({ by: "ada" });
  });

  it("expires in the moment that was named, and later by as long as it was suspended", () => {
    const times = { due_at: new Date(AT + 30_000).toISOString(), expires_at: new Date(AT + 60_000).toISOString() };
    const task = begun({ assignees: [finance], ...times });
    const error = { message: "It expired before anybody had decided." };
    expect(taken(decide(task, { do: "expire" }, AT + 60_000)).task).toMatchObject({ state: "timed_out", error });
    const later = task.assignment && afterPause(task.assignment, 5_000);
    expect([later?.dueAt, later?.expiresAt]).toEqual([AT + 35_000, AT + 65_000]);
  });

  it("is nobody's who had claimed it once others are asked", () => {
    const claimed = acted(begun({ assignees: [finance] }), "ada", { act: "claim" });
    const asked = acted(claimed, "ada", { act: "request_information", from: [user("cyd")] });
    expect([claimed.assignment?.claimedBy, asked.assignment?.claimedBy]).toEqual(["ada", null]);
  });

  it("is another item of worklists once it is paused, and once it is deleted", () => {
    const task = begun({ assignees: [finance] });
    const paused = taken(decide(task, { do: "pause", by: "eva", reason: "" }, AT + 1_000));
    const cancelled = taken(decide(paused.task, { do: "cancel", by: "eva", reason: "" }, AT + 2_000));
    const deleted = taken(decide(cancelled.task, { do: "delete" }, AT + 3_000));
    expect([paused, cancelled, deleted].map(({ assigns }) => assigns)).toEqual([true, true, true]);
  });

  it("remembers once whoever has acted on it, however often", () => {
    const released = acted(acted(begun({ assignees: [finance] }), "ada", { act: "claim" }), "ada", { act: "release" });
    expect(released.assignment?.actors).toEqual(["ada"]);
  });

  it("is all that is delegated: his part, or the whole where he has claimed it", () => {
    const task = begun({ assignees: [finance, user("eva")] });
    const delegate: HumanAct = { act: "delegate", to: [user("cyd")] };
    expect(holders(acted(task, "ada", delegate))).toEqual(["eva", "cyd"]);
    expect(holders(acted(task, "ada", { act: "delegate", to: [user("eva")] }))).toEqual(["eva"]);
    expect(holders(acted(acted(task, "ada", { act: "claim" }), "ada", delegate))).toEqual(["cyd"]);
  });
});

describe("stages", () => {
  const people = [user("ada"), user("bob"), user("cyd")];
  const VOTES: [
    name: string,
    votes: "any" | "all" | number,
    otherwise: string | null,
    said: string,
    outcome: string | null,
  ][] = [
    ["the first of any to speak decides", "any", null, "cyd:reject", "reject"],
    ["all must say yes", "all", null, "ada:approve bob:approve", null],
    ["and have said so", "all", null, "ada:approve bob:approve cyd:approve", "approve"],
    ["one no is enough against all", "all", null, "ada:approve bob:reject", "reject"],
    ["two of three decide", 2, null, "ada:approve cyd:approve", "approve"],
    ["one of two needed is too few", 2, null, "ada:reject", null],
    ["two against it decide as well", 2, null, "ada:reject bob:reject", "reject"],
    ["each his own: the most frequent of the others", 2, null, "ada:approve bob:hold cyd:reject", "reject"],
    ["or what was said for that case", 2, "hold", "ada:approve bob:reject cyd:hold", "hold"],
    ["more than there are is all of them", 9, null, "ada:approve bob:approve cyd:approve", "approve"],
  ];
  it.each(VOTES)("%s", (_name, votes, otherwise, said, outcome) => {
    const outcomes = ["approve", "reject", "hold"];
    let task = begun({ outcomes, stages: [{ assignees: people, votes, otherwise }] });
    for (const [who = "", what = ""] of said.split(" ").map((each) => each.split(":"))) {
      task = acted(task, who, decides(what));
      if (task.state === "input_required") expect(refused(task, who, decides(what))).toBe("conflict");
    }
    if (outcome === null) expect(workStateOf(task)).toBe("voting");
    else expect(outputOf(task)).toMatchObject({ outcome });
  });

  it("follow one another as long as the first outcome is chosen", () => {
    const task = begun({ stages: [{ assignees: [user("ada")] }, { assignees: [finance] }] });
    const second = acted(task, "ada", decides("approve"));
    expect([holders(second), second.assignment?.stage, second.state]).toEqual([["finance"], 1, "input_required"]);
    expect(outputOf(acted(second, "bob", decides("approve")))).toMatchObject({ outcome: "approve", by: "bob" });
    expect(outputOf(acted(task, "ada", decides("reject")))).toMatchObject({ outcome: "reject", by: "ada" });
  });

  it("are skipped one by one by their owner, who decides nothing by it", () => {
    const task = begun({ stages: [{ assignees: [user("ada")] }, { assignees: [finance] }] });
    const second = acted(task, "eva", { act: "skip" });
    expect([holders(second), second.assignment?.stage, second.state]).toEqual([["finance"], 1, "input_required"]);
    expect(outputOf(acted(second, "eva", { act: "skip" }))).toMatchObject({ outcome: null, by: "eva" });
  });

  it("count their own votes alone, which nobody can take for himself, and whoever voted before votes again", () => {
    const all = { assignees: [user("ada"), user("bob")], votes: "all" };
    let task = begun({ stages: [all, all] });
    expect(refused(task, "ada", { act: "claim" })).toBe("not_allowed_in_state");
    for (const who of ["ada", "bob"]) task = acted(task, who, decides("approve"));
    expect([task.assignment?.stage, task.assignment?.votes, task.state]).toEqual([1, [], "input_required"]);
    task = acted(task, "bob", decides("approve"));
    expect(workStateOf(task)).toBe("voting");
    expect(outputOf(acted(task, "ada", decides("approve")))).toMatchObject({ outcome: "approve", by: "ada" });
  });

  it("are put in by whoever has it: others decide in his place, and then it goes on", () => {
    const task = begun({ stages: [{ assignees: [user("ada")] }, { assignees: [user("eva")] }] });
    const route = (routing: "simple" | "sequential" | "parallel") =>
      acted(task, "ada", { act: "route", to: [user("bob"), user("cyd")], routing });
    expect(holders(acted(route("simple"), "cyd", decides("approve")))).toEqual(["eva"]);
    const one = acted(route("sequential"), "bob", decides("approve"));
    expect([holders(one), holders(acted(one, "cyd", decides("approve")))]).toEqual([["cyd"], ["eva"]]);
    const vote = acted(route("parallel"), "bob", decides("approve"));
    expect([workStateOf(vote), holders(acted(vote, "cyd", decides("approve")))]).toEqual(["voting", ["eva"]]);
  });

  it("count one vote for each assignee, a group's being that of the first of it", () => {
    const task = begun({ stages: [{ assignees: [finance, { type: "role", id: "auditor" }], votes: "all" }] });
    const first = acted(task, "bob", decides("approve"));
    expect(first.assignment?.votes).toMatchObject([{ by: "bob", as: finance }]);
    expect(refused(first, "ada", decides("approve"))).toBe("taken");
  });
});

describe("the log of a task of people", () => {
  it("ends with its end, whatever is done with the task afterwards", () => {
    const task = begun({ assignees: [user("ada")] });
    const types = (change: Change | Refusal) => taken(change).events.map(({ type }) => type);
    expect(types(tried(task, "root", { act: "delete" }))).toEqual(["human.acted", "task.cancelled"]);
    const done = acted(task, "ada", decides("approve"));
    const deleted = taken(tried(done, "root", { act: "delete" }));
    expect([deleted.task.state, deleted.events]).toEqual(["completed", []]);
    expect(taken(tried(deleted.task, "root", { act: "purge" })).events).toEqual([]);
  });
});
