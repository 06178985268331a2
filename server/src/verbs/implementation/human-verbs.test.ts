import { Readable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Damaged } from "../../store/damage.ts";
import type { JsonObject } from "../../task/json/json.ts";
import type { HumanAct } from "../../task/people/human.ts";
import type { Identity } from "../../task/people/identity.ts";
import type { Principal } from "../../task/principal.ts";
import { ada, admin, bob, Stage, stranger } from "../suite/stage.ts";

let stage: Stage;
beforeEach(async () => {
  stage = await Stage.open();
});
afterEach(() => stage.close());

const cyd: Principal = { ...bob, user: "cyd", keyId: "key_cyd" };
/** Two of finance; eva is nobody to any task here. */
const fay: Principal = { ...bob, user: "fay", groups: ["finance"], keyId: "key_fay" };
const gil: Principal = { ...bob, user: "gil", groups: ["finance"], keyId: "key_gil" };
const eva: Principal = { ...bob, user: "eva", keyId: "key_eva" };
const finance: Identity = { type: "group", id: "finance" };
const user = (id: string): Identity => ({ type: "user", id });

const approve: HumanAct = { act: "decide", outcome: "approve" };

function begin(input: JsonObject = {}, who = ada): Promise<string> {
  return stage.submit("human", { input: { title: "Pay the taxi?", assignees: [finance], ...input } }, who);
}

const act = (who: Principal, id: string, given: HumanAct) => stage.verbs.human.act(who, id, given);
const code = (refused: Promise<unknown>) =>
  refused.then(
    () => "taken",
    (error: { code?: string }) => error.code,
  );
const titles = async (who: Principal, of: Parameters<typeof stage.verbs.human.worklist>[1]["of"]) =>
  (await stage.verbs.human.worklist(who, { of }, { limit: 50, offset: 0 })).tasks.map(({ title }) => title);

/** Lets time pass, and what comes due come to rest. */
const pass = (ms: number) =>
  stage.clock.advance(ms, async () => {
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  });

describe("who may see a task of people", () => {
  it("is whoever submitted it, takes part in it, or looks after all; a stranger learns nothing of it", async () => {
    const id = await begin({ owner: user("bob"), reviewers: [user("cyd")] });
    for (const who of [ada, fay, gil, bob, cyd, admin]) {
      expect((await stage.verbs.tasks.get(who, id)).id, who.user).toBe(id);
      expect((await stage.verbs.tasks.list(who, {}, { limit: 10 })).total, who.user).toBe(1);
    }
    for (const who of [eva, { ...fay, groups: [] }, stranger, { ...fay, tenant: "elsewhere" }]) {
      expect(await code(stage.verbs.tasks.get(who, id)), who.user).toBe("not_found");
      expect(await code(act(who, id, approve))).toBe("not_found");
      expect(await code(stage.verbs.human.comments(who, id))).toBe("not_found");
      expect((await stage.verbs.tasks.list(who, {}, { limit: 10 })).total).toBe(0);
      expect(await titles(who, "all")).toEqual([]);
    }
  });

  it("may not steer it for that, and stays able to see what he had once", async () => {
    const id = await begin();
    expect(await code(stage.verbs.tasks.cancel(fay, id))).toBe("forbidden");
    await act(fay, id, { act: "reassign", to: [user("cyd")] });
    expect((await stage.verbs.tasks.get(fay, id)).id).toBe(id);
    expect(await code(stage.verbs.tasks.get(gil, id))).toBe("not_found");
    expect(await code(act(fay, id, approve))).toBe("forbidden");
  });

  it("has own tasks and those of others in one list, page by page", async () => {
    const made = [
      await begin(),
      await stage.submit("echo", {}, fay),
      await begin(),
      await stage.submit("ask", {}, fay),
    ];
    const list = (offset: number, limit: number) => stage.verbs.tasks.list(fay, {}, { limit, offset });
    expect((await list(0, 10)).tasks.map(({ id }) => id)).toEqual(made.toReversed());
    const pages = [await list(0, 3), await list(3, 3)];
    expect(pages.map(({ total }) => total)).toEqual([4, 4]);
    expect(pages.flatMap(({ tasks }) => tasks.map(({ id }) => id))).toEqual(made.toReversed());
    const first = await stage.verbs.tasks.list(fay, {}, { limit: 2 });
    const second = await stage.verbs.tasks.list(fay, {}, { limit: 2, ...(first.next && { cursor: first.next }) });
    expect([...first.tasks, ...second.tasks].map(({ id }) => id)).toEqual(made.toReversed());
  });
});

describe("two people at the same instant", () => {
  it("are one act and a conflict, whoever comes first", async () => {
    for (let n = 0; n < 200; n++) {
      const id = await begin();
      const other: HumanAct = n % 2 === 0 ? { act: "decide", outcome: "reject" } : { act: "claim" };
      const first: HumanAct = n % 2 === 0 ? approve : { act: "claim" };
      const both = await Promise.all([code(act(fay, id, first)), code(act(gil, id, other))]);
      expect(both.toSorted(), `${n}`).toEqual(["conflict", "taken"]);
      if (n % 2 === 1) await stage.verbs.tasks.cancel(ada, id);
    }
  });
});

describe("time", () => {
  it("makes a task overdue, which goes to the manager by itself, once", async () => {
    const dueAt = stage.clock.now() + 60_000;
    const id = await begin({ assignees: [user("bob")], due_at: new Date(dueAt).toISOString() });
    await pass(59_999);
    expect((await stage.verbs.tasks.get(ada, id)).assignment).toMatchObject({
      assignees: [user("bob")],
      overdue: false,
    });
    await pass(86_400_000);
    const { assignment } = await stage.verbs.tasks.get(ada, id);
    expect(assignment).toMatchObject({ assignees: [user("cyd")], overdue: true, escalations: 1 });
    expect(await stage.verbs.human.counts(cyd, { of: "mine" })).toMatchObject({ byState: { assigned: 1 }, overdue: 1 });
  });

  it("ends it when it expires, and whoever owns it may begin it anew", async () => {
    const id = await begin({ expires_at: new Date(stage.clock.now() + 60_000).toISOString() });
    await pass(60_000);
    expect((await stage.ended(id)).state).toBe("timed_out");
    const { task } = await act(ada, id, { act: "renew" });
    expect(task).toMatchObject({ state: "input_required", retryOf: id, assignment: { assignees: [finance] } });
    expect(task.assignment?.expiresAt).toBe(stage.clock.now() + 60_000);
    const { number } = await stage.verbs.tasks.get(ada, id);
    expect(task.assignment?.number).toBe(number);
    await expect(act(ada, id, { act: "renew" })).rejects.toMatchObject({ code: "not_allowed_in_state" });
    await pass(60_000);
    const { task: again } = await act(ada, task.id, { act: "renew" });
    expect([again.assignment?.number, again.retryOf]).toEqual([number, task.id]);
  });

  it("begins it later when its submit says so, without a slot", async () => {
    const { task } = await stage.verbs.tasks.submit(ada, "native", {
      kind: "human",
      input: { title: "Later" },
      delayMs: 1_000,
    });
    expect(task.state).toBe("queued");
    await pass(1_000);
    expect((await stage.verbs.tasks.get(ada, task.id)).state).toBe("input_required");
  });
});

describe("an agent's question", () => {
  it("is an item of the worklist of those who may answer it, and of nobody else", async () => {
    const id = await stage.submit("asks_finance");
    await stage.verbs.tasks.settled(ada, id, 1_000, new AbortController().signal);
    expect(await titles(fay, "groups")).toHaveLength(1);
    expect(await titles(ada, "mine")).toEqual([]);
    expect(await code(stage.verbs.tasks.input(ada, id, { value: { amount: 5 } }))).toBe("forbidden");
    expect(await code(stage.verbs.tasks.input(gil, id, { value: { amount: "much" } }))).toBe("invalid");
    await stage.verbs.tasks.input(gil, id, { value: { amount: 5 } });
    expect(await stage.ended(id)).toMatchObject({ output: { said: { amount: 5 }, by: "gil" } });
    expect(await titles(fay, "groups")).toHaveLength(1);
    const open = { of: "groups", states: ["assigned"] } as const;
    expect((await stage.verbs.human.worklist(fay, open, { limit: 1, offset: 0 })).total).toBe(0);
  });

  it("is answered once, by an act or by an input, whichever comes first", async () => {
    const id = await stage.submit("ask");
    await stage.verbs.tasks.settled(ada, id, 1_000, new AbortController().signal);
    expect(await titles(ada, "mine")).toHaveLength(1);
    const answer: HumanAct = { act: "decide", outcome: "answer", payload: { colour: "red" } };
    const both = [
      code(act(ada, id, answer)),
      code(stage.verbs.tasks.input(ada, id, { value: "blue", prompt: "colour" })),
    ];
    expect((await Promise.all(both)).filter((each) => each === "taken")).toHaveLength(1);
    expect(await stage.ended(id)).toMatchObject({ output: { colour: "red" } });
    const { entries } = await stage.verbs.human.history(ada, id);
    expect(entries.map(({ act, by }) => [act, by])).toEqual([
      ["submit", "ada"],
      ["decide", "ada"],
    ]);
  });
});

describe("a task of people through any API", () => {
  it("takes an answer as a decision, in the words that people use, and refuses others by their field", async () => {
    const answered = async (value: Parameters<typeof stage.verbs.tasks.input>[2]["value"]) => {
      const id = await begin();
      await stage.verbs.tasks.input(fay, id, { value });
      const task = await stage.ended(id, fay);
      return task.state === "completed" ? task.output : task.state;
    };
    expect(await answered("Approve")).toMatchObject({ outcome: "approve", by: "fay" });
    expect(await answered({ approved: false, comment: "No receipt." })).toMatchObject({
      outcome: "reject",
      comment: "No receipt.",
    });
    const id = await begin();
    await expect(stage.verbs.tasks.input(fay, id, { value: "perhaps" })).rejects.toMatchObject({
      code: "invalid",
      detail: { field: "value.outcome" },
    });
    expect((await stage.verbs.tasks.get(fay, id)).state).toBe("input_required");
    expect(await code(stage.verbs.tasks.input(ada, id, { value: "approve" }))).toBe("forbidden");
  });

  it("refuses a payload that does not fit its form, and stays open", async () => {
    const form = { type: "object", properties: { amount: { type: "number", maximum: 100 } }, required: ["amount"] };
    const id = await begin({ form });
    await expect(act(fay, id, { ...approve, payload: { amount: 101 } })).rejects.toMatchObject({
      code: "invalid",
      detail: { field: "payload.amount" },
    });
    const answer = stage.verbs.tasks.input(fay, id, { value: { outcome: "approve", payload: { amount: 101 } } });
    await expect(answer).rejects.toMatchObject({ code: "invalid", detail: { field: "value.payload.amount" } });
    expect((await act(fay, id, { ...approve, payload: { amount: 99 } })).task.state).toBe("completed");
    expect(await code(begin({ form: { properties: { amount: { type: "money" } } } }))).toBe("invalid");
  });

  it("takes the outcome that leads on only once its form has all that it requires, whichever way it is told", async () => {
    const form = { type: "object", properties: { amount: { type: "number" } }, required: ["amount"] };
    const begun = await begin({ form });
    await expect(act(fay, begun, approve)).rejects.toMatchObject({
      code: "invalid",
      detail: { field: "payload.amount" },
    });
    for (const value of ["Approve, fine", true, { outcome: "approve" }])
      await expect(stage.verbs.tasks.input(fay, begun, { value })).rejects.toMatchObject({
        code: "invalid",
        detail: { field: "value.payload.amount" },
      });
    await act(fay, begun, { act: "save", payload: { amount: 7 } });
    expect((await act(fay, begun, approve)).task).toMatchObject({
      state: "completed",
      output: { payload: { amount: 7 } },
    });
    const filled = await begin({ form, payload: { amount: 5 } });
    expect((await stage.verbs.tasks.input(fay, filled, { value: "yes" })).task.state).toBe("completed");
    const refused = await begin({ form });
    await expect(
      act(fay, refused, { ...approve, outcome: "reject", payload: { amount: "two" } }),
    ).rejects.toMatchObject({
      detail: { field: "payload.amount" },
    });
    const unfilled = { ...approve, outcome: "reject", payload: {} };
    expect((await act(fay, refused, unfilled)).task.state).toBe("completed");
  });

  it("lets two people change only what they have seen", async () => {
    const id = await begin();
    const { revision } = await stage.verbs.tasks.get(fay, id);
    await stage.verbs.human.act(fay, id, { act: "save", payload: { note: 1 } }, { revision, priority: 1 });
    expect(await code(stage.verbs.human.act(gil, id, approve, { revision }))).toBe("conflict");
    expect((await stage.verbs.tasks.get(gil, id)).assignment).toMatchObject({ payload: { note: 1 }, priority: 1 });
  });
});

describe("what is added to a task", () => {
  it("are comments, alone and with an act, oldest first, as long as it is open", async () => {
    const id = await begin();
    await stage.verbs.human.comment(fay, id, { text: " Where is the receipt? " });
    await stage.verbs.human.act(gil, id, { act: "claim" }, { comment: { text: "I look for it." } });
    const { comments } = await stage.verbs.human.comments(ada, id);
    expect(comments.map(({ by, text }) => [by, text])).toEqual([
      ["fay", "Where is the receipt?"],
      ["gil", "I look for it."],
    ]);
    expect(await code(stage.verbs.human.comment(fay, id, { text: " " }))).toBe("invalid");
    await act(gil, id, approve);
    expect(await code(stage.verbs.human.comment(fay, id, { text: "Late." }))).toBe("not_allowed_in_state");
    const { entries } = await stage.verbs.human.history(ada, id);
    expect(entries.map((entry) => entry.act)).toEqual(["submit", "comment", "claim", "decide"]);
  });

  it("are files by safe names, each once, whose bytes stay as long as the task", async () => {
    const id = await begin();
    const upload = await stage.verbs.uploads.receive(fay, Readable.from(["receipt"]), { bytesMax: 1_000 });
    const file = (name: string) => ({ name, mediaType: "text/plain" });
    await stage.verbs.human.attach(fay, id, file("receipt.txt"), upload);
    expect(await code(stage.verbs.human.attach(gil, id, file("receipt.txt"), upload))).toBe("conflict");
    for (const name of ["", "..", "a/b", "a\\b", "a\u0000", "é".repeat(128)])
      expect(await code(stage.verbs.human.attach(fay, id, file(name), upload)), name).toBe("invalid");
    await upload.release();
    const { content } = await stage.verbs.human.openAttachment(ada, id, "receipt.txt");
    expect(Buffer.concat(await content.toArray()).toString()).toBe("receipt");
    const cut = { size: 3, bytes: Readable.from(["rec"]) };
    const opened = vi.spyOn(stage.store.files, "open").mockResolvedValueOnce(cut);
    await expect(stage.verbs.human.openAttachment(ada, id, "receipt.txt")).rejects.toBeInstanceOf(Damaged);
    opened.mockRestore();
    expect(await stage.verbs.human.attachments(gil, id)).toMatchObject([{ name: "receipt.txt", bytes: 7, by: "fay" }]);
    expect(await code(stage.verbs.human.detach(gil, id, "receipt.txt"))).toBe("forbidden");
    await stage.verbs.human.detach(fay, id, "receipt.txt");
    expect(await code(stage.verbs.human.openAttachment(ada, id, "receipt.txt"))).toBe("not_found");
  });
});

describe("a worklist", () => {
  it("shows each item where it belongs", async () => {
    await begin({ title: "for finance" });
    const claimed = await begin({ title: "claimed by gil", key: "inv-7", priority: 1 });
    await act(gil, claimed, { act: "claim" });
    const done = await begin({ title: "done by fay" });
    await act(fay, done, approve);
    await begin({ title: "bob's", assignees: [user("bob")], owner: user("eva"), reviewers: [user("fay")] });
    expect(await titles(fay, "mine_and_groups")).toEqual(["done by fay", "for finance"]);
    expect(await titles(fay, "mine_and_groups_all")).toEqual(["done by fay", "claimed by gil", "for finance"]);
    expect(await titles(gil, "mine")).toEqual(["claimed by gil"]);
    expect(await titles(gil, "claimable")).toEqual(["for finance"]);
    expect(await titles(fay, "previous")).toEqual(["done by fay"]);
    expect(await titles(fay, "reviewed")).toEqual(["bob's"]);
    expect(await titles(eva, "owned")).toEqual(["bob's"]);
    expect(await titles(cyd, "reports")).toEqual(["bob's"]);
    expect(await titles(ada, "created")).toHaveLength(4);
    expect(await titles(eva, "all")).toEqual(["bob's"]);
    expect(await titles(admin, "all")).toHaveLength(4);
    const list = async (query: object) => {
      const found = await stage.verbs.human.worklist(admin, { of: "all", ...query }, { limit: 2, offset: 0 });
      return [found.total, ...found.tasks.map(({ title }) => title)];
    };
    expect(await list({ states: ["completed"] })).toEqual([1, "done by fay"]);
    expect(await list({ key: "inv-7" })).toEqual([1, "claimed by gil"]);
    expect(await list({ title: "BY" })).toEqual([2, "done by fay", "claimed by gil"]);
    expect(await list({ order: [{ by: "priority", descending: false }] })).toEqual([4, "claimed by gil", "bob's"]);
    expect(await list({ order: [{ by: "title", descending: true }] })).toEqual([4, "for finance", "done by fay"]);
  });

  it("says what somebody may do now", async () => {
    const id = await begin({ outcomes: ["ship", { id: "hold", title: "Hold back" }] });
    const task = await stage.verbs.tasks.get(fay, id);
    const allowed = stage.verbs.human.allowed(fay, task).map(({ act, outcome }) => outcome ?? act);
    expect(allowed).toEqual(expect.arrayContaining(["claim", "ship", "hold", "delegate", "save"]));
    expect(allowed).not.toEqual(expect.arrayContaining(["withdraw"]));
    expect(stage.verbs.human.allowed(eva, task)).toEqual([]);
  });
});

it("knows who there is by the directory, and whoever calls", async () => {
  const { human } = stage.verbs;
  const found = await human.identities(ada, { pattern: "c*" }, { limit: 10, offset: 0 });
  expect(found.identities.map(({ type, id }) => `${type} ${id}`)).toEqual(["group clerks", "user cyd"]);
  expect(await human.identity(ada, user("cyd"))).toMatchObject({ name: "Cyd Charisse", email: "cyd@acme.example" });
  expect((await human.identity(ada, user("ada"))).name).toBe("ada");
  expect(await code(human.identity(ada, user("nobody")))).toBe("not_found");
  expect((await human.identities(stranger, {}, { limit: 10, offset: 0 })).total).toBe(0);
});
