/** Worklists, and what people add to tasks. */
import { Readable } from "node:stream";
import { expect, test } from "vitest";
import { type Change, type Command, decide, submittedGoingOn } from "../../task/decide.ts";
import { Refusal } from "../../task/errors.ts";
import { humanInput } from "../../task/people/human.ts";
import { firstAssignment } from "../../task/people/work-item.ts";
import type { Task } from "../../task/task.ts";
import type { TaskPart } from "../human-store.ts";
import type { Store, Write } from "../store.ts";
import { newTask, START } from "./new-task.suite.ts";

const NEWEST = { limit: 10, offset: 0, order: [{ by: "createdAt", descending: true }] } as const;

function taken(change: Change | Refusal): Change {
  if (change instanceof Refusal) throw change;
  return change;
}

async function begin(store: Store, n: number, more: object = {}): Promise<Task> {
  const input = { title: `Invoice ${n}`, assignees: [{ type: "group" as const, id: "finance" }], ...more };
  const assignment = firstAssignment(humanInput.parse(input), "ada", START + n);
  const task = newTask({ kind: "human", title: input.title, input, createdAt: START + n, assignment });
  return written(store, taken(submittedGoingOn(task, "ask")));
}

async function written(store: Store, change: Change, more: Partial<Write> = {}): Promise<Task> {
  expect(await store.apply([{ ...change, ...more }])).toEqual({ ok: true });
  return change.task;
}

function changed(store: Store, task: Task, command: Command, more: Partial<Write> = {}): Promise<Task> {
  return written(store, taken(decide(task, command, START + 1_000)), more);
}

const by = { user: "fay", groups: ["finance"], looksAfterAll: false };
const user = (id: string) => ({ type: "user" as const, id });
const whose = (part: TaskPart, type: "user" | "group", id: string) => ({ as: [{ part, type, id }] });

export function peopleStories(setup: () => Promise<Store>): void {
  test("a worklist has who takes part in what way, page by page, until the task is deleted", async () => {
    const store = await setup();
    const tasks: Task[] = [];
    for (const n of [1, 2, 3]) tasks.push(await begin(store, n, { priority: 4 - n }));
    const [first = newTask(), second = newTask()] = tasks;
    await changed(store, first, { do: "act", by, act: { act: "claim" }, comment: "", messageId: "m" });
    const titles = async (more: object, page = {}) => {
      const found = await store.human.worklist({ tenant: "acme", ...more }, { ...NEWEST, ...page });
      return [found.total, ...found.tasks.map(({ title }) => title)];
    };
    const finance = { whose: whose("assignee", "group", "finance") };
    expect(await titles(finance)).toEqual([3, "Invoice 3", "Invoice 2", "Invoice 1"]);
    expect(await titles(finance, { limit: 1, offset: 1 })).toEqual([3, "Invoice 2"]);
    expect(await titles(finance, { offset: 3 })).toEqual([3]);
    expect(await titles({ ...finance, freeFor: "gil" })).toEqual([2, "Invoice 3", "Invoice 2"]);
    expect(await titles({ whose: whose("claimant", "user", "fay") })).toEqual([1, "Invoice 1"]);
    for (const more of [{}, finance]) expect(await titles({ tenant: "elsewhere", ...more })).toEqual([0]);
    expect(await store.human.workCounts({ tenant: "elsewhere", ...finance }, START)).toEqual([]);
    const urgent = [{ by: "priority", descending: false }];
    expect(await titles({ title: "INVOICE" }, { order: urgent, limit: 1 })).toEqual([3, "Invoice 3"]);
    const done = await changed(store, second, { do: "cancel", by: "ada", reason: "" });
    expect(await titles({ ...finance, states: ["assigned"] })).toEqual([2, "Invoice 3", "Invoice 1"]);
    expect(await titles({ ...finance, states: ["withdrawn"] })).toEqual([1, "Invoice 2"]);
    await changed(store, done, { do: "delete" });
    expect(await titles(finance)).toEqual([2, "Invoice 3", "Invoice 1"]);
    expect(await store.human.workCounts({ tenant: "acme", ...finance }, START)).toMatchObject([
      { state: "assigned", priority: 1, overdue: false, count: 1 },
      { state: "assigned", priority: 3, overdue: false, count: 1 },
    ]);
  });

  test("a worklist has the same items in any order, however many of somebody's groups they are for", async () => {
    const store = await setup();
    const groups = ["finance", "travel", "legal"];
    for (let n = 0; n < 24; n++) {
      const assignees = groups.flatMap((id, at) => ((n >> at) & 1 ? [{ type: "group" as const, id }] : []));
      const priority = 1 + (n % 5);
      const all = [...assignees, user(n % 5 ? "gil" : "fay")];
      let task = await begin(store, n, { assignees: all, priority });
      const claim = { act: "claim" } as const;
      const who = { ...by, groups: ["finance"] };
      if (n % 4 === 1)
        task = await changed(store, task, { do: "act", by: who, act: claim, comment: "", messageId: "m" });
      if (n % 7 === 3) await changed(store, task, { do: "cancel", by: "ada", reason: "" });
    }
    const as = [
      ...groups.map((id) => ({ part: "assignee", type: "group", id }) as const),
      ...whose("assignee", "user", "fay").as,
    ];
    const claims = whose("claimant", "user", "fay").as;
    let n = 0;
    for (const more of [{}, { freeFor: "fay" }, { freeFor: null }])
      for (const states of [undefined, ["assigned"], ["assigned", "withdrawn"]] as const)
        for (const page of [
          { limit: 5, offset: 0 },
          { limit: 5, offset: 4 },
          { limit: 50, offset: 0 },
          { limit: 5, offset: 90 },
        ])
          for (const descending of [true, false]) {
            const filter = { tenant: "acme", whose: { as: [...as, ...claims] }, ...more, ...(states && { states }) };
            const by = (["createdAt", "priority", "title", "dueAt"] as const)[n++ % 4] ?? "createdAt";
            const order = [{ by, descending }] as const;
            const numbers = async (filter: Parameters<typeof store.human.worklist>[0]) => {
              const { tasks, total } = await store.human.worklist(filter, { ...page, order });
              return [total, ...tasks.map(({ number }) => number)];
            };
            // A part of the title makes each be looked at.
            expect(await numbers(filter)).toEqual(await numbers({ ...filter, title: "Invoice" }));
          }
  });

  test("a worklist under a condition has what fits it, whether few of all items do or few are in the list", async () => {
    const store = await setup();
    const at = (day: number) => new Date(START + day * 86_400_000);
    const all: Task[] = [];
    for (let n = 0; n < 24; n++) {
      // Of the rare ones there are fewer than in the list, of the usual ones more.
      const some = { definition: n % 8 ? "usual" : "rare", key: n % 6 ? "PO" : `PO-${n}`, due_at: at(n).toISOString() };
      const assignees = [user(n % 3 ? "gil" : "fay"), { type: "group" as const, id: n % 2 ? "finance" : "legal" }];
      all.push(await begin(store, n, { ...some, assignees }));
    }
    const fays = { whose: { as: [...whose("assignee", "user", "fay").as, ...whose("assignee", "group", "legal").as] } };
    const isFays = (n: number) => n % 3 === 0 || n % 2 === 0;
    const conditions = [
      [{ definition: "rare" }, (n: number) => n % 8 === 0],
      [{ definition: "usual", key: "PO-6" }, (n: number) => n === 6],
      [{ key: "PO", title: "invoice 1" }, (n: number) => n % 6 > 0 && `${n}`.startsWith("1")],
      [{ dueFrom: at(3).getTime(), dueUntil: at(5).getTime() }, (n: number) => n >= 3 && n <= 5],
      [{ dueUntil: at(20).getTime(), creator: "ada", from: "ada" }, (n: number) => n <= 20],
      [{ creator: "nobody" }, () => false],
    ] as const;
    for (const list of [fays, { ...fays, states: ["assigned" as const] }, { ...fays, freeFor: null }, {}])
      for (const [condition, fits] of conditions) {
        const wanted = all.filter((_, n) => fits(n) && ("whose" in list ? isFays(n) : true)).reverse();
        const filter = { tenant: "acme", ...list, ...condition };
        const { tasks, total } = await store.human.worklist(filter, { ...NEWEST, limit: 5, offset: 1 });
        expect([total, ...tasks.map(({ id }) => id)], JSON.stringify(filter)).toEqual([
          wanted.length,
          ...wanted.slice(1, 6).map(({ id }) => id),
        ]);
        const counts = await store.human.workCounts(filter, START);
        expect(counts.reduce((sum, { count }) => sum + count, 0)).toBe(wanted.length);
      }
  });

  test("what people add is kept with the change that says so, and its bytes as long as a row names them", async () => {
    const store = await setup();
    let task = await begin(store, 1);
    const file = await store.files.receive(Readable.from(["receipt"]), { bytesMax: 100 });
    const { sha256, bytes } = file;
    const attached = {
      name: "a.txt",
      mediaType: "text/plain",
      bytes,
      sha256,
      scope: "task",
      by: "fay",
      at: START,
    } as const;
    const event = {
      type: "human.attached",
      data: { by: "fay", name: "a.txt", mediaType: "text/plain", bytes, scope: "task" },
    } as const;
    task = await changed(store, task, { do: "remark", event }, { attached: [attached] });
    await file.release();
    expect(await store.human.attachments(task.id)).toEqual([attached]);
    const { bytes: content } = await store.files.open(sha256);
    expect(Buffer.concat(await content.toArray()).toString()).toBe("receipt");
    const removed = { type: "human.detached", data: { by: "fay", name: "a.txt" } } as const;
    task = await changed(store, task, { do: "remark", event: removed }, { detached: "a.txt" });
    expect(await store.human.attachments(task.id)).toEqual([]);
    const said = await store.human.humanEvents(task.id, 0, 10);
    expect(said.map(({ type }) => type)).toEqual(["human.attached", "human.detached"]);
    expect(await store.human.humanEvents(task.id, said[0]?.seq ?? 0, 10)).toHaveLength(1);
  });
}
