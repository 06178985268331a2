/** People at work by the BPM API: what is in whose list, what they do with it, and who comes first. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { worklistTask } from "../../src/lenses/bpm/schema.ts";
import { directoryConfig } from "../../src/task/people/directory.ts";
import { startTestServer, type TestServer } from "../server.ts";
import { clientOf } from "./client.ts";

let server: TestServer;
let ada: ReturnType<typeof clientOf>;
let bob: typeof ada;
let cyd: typeof ada;
let boss: typeof ada;
beforeAll(async () => {
  const users = [
    { user: "ada", scopes: ["tasks" as const] },
    { user: "bob", scopes: ["tasks" as const] },
    { user: "cyd", scopes: ["tasks" as const] },
    { user: "boss" },
  ];
  const directory = directoryConfig.parse({
    users: [
      { id: "ada", name: "Ada L.", manager: "boss" },
      { id: "bob", groups: ["board"], email: "bob@example.com", manager: "boss" },
      { id: "cyd", groups: ["board"], manager: "boss" },
      { id: "boss" },
    ],
  });
  server = await startTestServer({ mode: "serve", keys: users, config: { directory } });
  const [a, b, c, d] = server.secrets.map((key) => clientOf(server, key));
  if (!a || !b || !c || !d) throw new Error("Four keys were asked for.");
  [ada, bob, cyd, boss] = [a, b, c, d];
});
afterAll(() => server.stop());

const board = [{ type: "group", id: "board" }];
/** The items of a list, page by page, by its links of that relation. */
async function followed(person: typeof ada, start: string, rel: string) {
  const items: Record<string, unknown>[] = [];
  for (let path: string | null = start; path !== null; ) {
    const { body } = await person.get(path);
    items.push(...body.items);
    const link = body.links.find((one: { rel: string }) => one.rel === rel);
    const { pathname, search } = new URL(link?.href ?? "http://localhost");
    path = link === undefined ? null : pathname + search;
  }
  return items;
}
const numbersIn = ({ body }: { body: { items: { number: number }[] } }) => body.items.map(({ number }) => number);

describe("a worklist", () => {
  it("has what is one's own and one's groups', without what somebody else has acquired", async () => {
    const own = await ada.task({ title: "For Bob", assignees: [{ type: "user", id: "bob" }] });
    const shared = await ada.task({ title: "For the board", assignees: board, priority: 1, key: "PO-1" });
    expect(numbersIn(await bob.get("/tasks"))).toEqual([shared, own]);
    expect(numbersIn(await bob.get("/tasks?assignment=MY"))).toEqual([own]);
    expect(numbersIn(await bob.get("/tasks?assignment=GROUP"))).toEqual([shared]);
    expect((await cyd.act(shared, "CLAIM")).status).toBe(200);
    expect(numbersIn(await bob.get("/tasks"))).toEqual([own]);
    expect(numbersIn(await bob.get("/tasks?assignment=MY_AND_GROUP_ALL"))).toEqual([shared, own]);
    expect((await bob.act(shared, "ACQUIRE")).status).toBe(409);
    expect((await cyd.act(shared, "RELEASE")).body).toMatchObject({ state: "ASSIGNED", assignees: { items: board } });
    expect(numbersIn(await bob.get("/tasks?identificationKey=PO-1&priority=1&keyword=THE%20b"))).toEqual([shared]);
    expect(numbersIn(await ada.get("/tasks?assignment=OWNER&status=any&orderBy=priority:asc,number:asc"))).toEqual([
      shared,
      own,
    ]);
    expect(numbersIn(await boss.get("/tasks?assignment=REPORTEES"))).toContain(own);
  });

  it("is one list to its end for whoever follows its links, with its filters, its order and its fields", async () => {
    for (const title of ["Leaf ä", "Leaf c", "Leaf b"]) await ada.task({ title });
    const asked = "keyword=leaf&assignment=OWNER&status=ANY&orderBy=title:asc&fields=title";
    const titlesOf = async (path: string, rel: string) =>
      (await followed(ada, path, rel)).map(({ title, priority }) => [title, priority]);
    const leaf = (letter: string) => [`Leaf ${letter}`, undefined];
    expect(await titlesOf(`/tasks?${asked}&limit=1`, "next")).toEqual([leaf("b"), leaf("c"), leaf("ä")]);
    expect(await titlesOf(`/tasks?${asked}&limit=1&offset=2`, "prev")).toEqual([leaf("ä"), leaf("c"), leaf("b")]);
    expect(await followed(ada, "/tasks/views/owned?keyword=leaf&limit=2&orderBy=title:asc", "next")).toHaveLength(3);
  });

  it("takes the words of a parameter that is repeated for one list", async () => {
    const open = await ada.task({ title: "Twig" });
    const held = await ada.task({ title: "Twig" });
    await ada.act(held, "SUSPEND");
    const { body } = await ada.get(
      "/tasks?keyword=twig&status=SUSPENDED&status=&status=ASSIGNED&orderBy=title:asc&orderBy=number:asc&fields=state&fields=title",
    );
    expect(body.items).toMatchObject([
      { number: open, state: "ASSIGNED", title: "Twig" },
      { number: held, state: "SUSPENDED", title: "Twig" },
    ]);
  });

  it("comes in pages, with links to the next, and with the fields that were asked for", async () => {
    for (const title of ["Page 1", "Page 2", "Page 3"]) await ada.task({ title });
    const first = await ada.get("/tasks?assignment=MY&keyword=page&limit=2&orderBy=title:asc&fields=state,tasknumber");
    expect(first.body).toMatchObject({ count: 2, hasMore: true, limit: 2, offset: 0, totalResult: 3 });
    expect(Object.keys(first.body.items[0]).sort()).toEqual(
      ["href", "length", "links", "mediaType", "number", "rel", "state"].sort(),
    );
    expect(first.body.links.map(({ rel }: { rel: string }) => rel)).toEqual(["self", "back", "next"]);
    const all = await ada.get("/tasks?assignment=MY&keyword=page&limit=0&onlyData=true&showActionFlag=true");
    expect(all.body).toMatchObject({ count: 3, hasMore: false });
    expect(all.text).not.toContain('"links"');
    expect(all.body.items[0].actionList.map(({ actionId }: { actionId: string }) => actionId)).toEqual(
      expect.arrayContaining(["APPROVE", "REJECT", "DELEGATE"]),
    );
    const shapes = await ada.get("/tasks?assignment=MY&keyword=page&view=a2a");
    expect(shapes.body.items[0]).toMatchObject({ kind: "task", status: { state: "input-required" } });
  });

  it.each([
    "assignment=NOBODY",
    "status=BORED",
    "priority=9",
    "limit=many",
    "offset=-1",
    "orderBy=colour:asc",
    "orderBy=title:up",
    "dueDateFrom=tomorrow",
    "fields=secret",
    "onlyData=perhaps",
    "view=x",
  ])("refuses %s", async (query) => {
    const { status, body } = await ada.get(`/tasks?${query}`);
    expect([status, body]).toMatchObject([400, { "o:errorCode": "BPM-BAD-REQUEST" }]);
  });

  it("has names for lists, and counts", async () => {
    const views = await ada.get("/tasks/views");
    expect(views.body.items[0]).toMatchObject({ name: "inbox", title: expect.any(String) });
    expect((await ada.get("/tasks/views/created")).body.totalResult).toBeGreaterThan(0);
    expect((await ada.get("/tasks/views/nothing")).body).toMatchObject({ "o:errorCode": "BPM-VIEW-NOT-FOUND" });
    const { body } = await ada.get("/tasks/task-metrics");
    expect(body).toMatchObject({ byState: { ASSIGNED: expect.any(Number) }, overdue: 0, asOf: expect.any(String) });
  });
});

describe("an action", () => {
  it("approves, with a comment and in the name of whoever did it, once", async () => {
    const number = await ada.task({ title: "Approve me", assignees: [{ type: "user", id: "bob" }] });
    // Clients in Java write what is not set as null.
    const unset = { comments: null, identities: null, priority: null, payload: null, routingType: null };
    const approved = await bob.act(number, "approve", {
      ...unset,
      comment: { commentStr: "Fine.", commentScope: null },
    });
    expect(approved.status).toBe(200);
    expect(worklistTask.parse(approved.body)).toMatchObject({ state: "COMPLETED", outcome: "APPROVE" });
    expect((await bob.act(number, "REJECT")).status).toBe(409);
    const { body } = await ada.get(`/tasks/${number}?expand=comments,history`);
    expect(body).toMatchObject({ final: true, status: { state: "completed" }, metadata: { outcome: "APPROVE" } });
    expect(body.metadata.comments.comment).toMatchObject([
      { commentStr: "Fine.", userId: "bob", commentScope: "TASK" },
    ]);
    expect(body.metadata.history.taskHistory).toContainEqual(expect.objectContaining({ actionName: "APPROVE" }));
  });

  it("of two people at the same moment one wins, and the other is told of a conflict", async () => {
    for (let round = 0; round < 20; round++) {
      const number = await ada.task({ title: `Race ${round}`, assignees: board });
      const both = await Promise.all([bob.act(number, "APPROVE"), cyd.act(number, "REJECT")]);
      expect(both.map(({ status }) => status).sort()).toEqual([200, 409]);
    }
  });

  it("goes through the life of a task: delegated, asked about, put aside, escalated, reassigned", async () => {
    const number = await ada.task({ title: "A long life", assignees: [{ type: "user", id: "bob" }] });
    const to = (id: string) => ({ identities: [{ id, type: "user" }] });
    expect((await bob.act(number, "INFO_REQUEST", to("cyd"))).body).toMatchObject({ state: "INFO_REQUESTED" });
    expect((await cyd.act(number, "INFO_SUBMIT", { comments: "Here." })).body).toMatchObject({ state: "ASSIGNED" });
    expect((await bob.act(number, "SUSPEND")).body).toMatchObject({ state: "SUSPENDED" });
    expect((await bob.act(number, "APPROVE")).status).toBe(409);
    expect((await bob.act(number, "RESUME")).body).toMatchObject({ state: "ASSIGNED" });
    expect((await bob.act(number, "DELEGATE", to("cyd"))).body.assignees.items).toEqual([{ id: "cyd", type: "user" }]);
    expect((await cyd.act(number, "PUSHBACK")).body.assignees.items).toEqual([{ id: "bob", type: "user" }]);
    expect((await bob.act(number, "ESCALATE")).body.assignees.items).toEqual([{ id: "boss", type: "user" }]);
    expect((await boss.act(number, "REASSIGN", { ...to("cyd"), priority: 1 })).body).toMatchObject({ priority: 1 });
    expect((await ada.act(number, "WITHDRAW")).body).toMatchObject({ state: "WITHDRAWN" });
  });

  it("calls people by the names that the directory has, wherever it says who did something", async () => {
    const number = await ada.task({ title: "By name", assignees: [{ type: "user", id: "bob" }] });
    const said = await ada.post(`/tasks/${number}/comments`, { commentStr: "Look at page 3." });
    expect(said.body.comment).toMatchObject([{ updatedBy: "Ada L.", userId: "ada" }]);
    const { body } = await bob.get(`/tasks/${number}?view=worklist&expand=history`);
    expect(body).toMatchObject({ createdBy: "ada", fromUserName: "ada", fromUserDisplayName: "Ada L." });
    expect(body.history.taskHistory).toContainEqual(expect.objectContaining({ displayName: "Ada L.", userId: "ada" }));
    await bob.act(number, "APPROVE");
    const { body: after } = await bob.get(`/tasks/${number}/history`);
    expect(after.taskHistory).toContainEqual(expect.objectContaining({ displayName: "bob", userId: "bob" }));
  });

  it("is refused by what is wrong: the action, the right, the moment", async () => {
    const number = await ada.task({ title: "Hands off", assignees: [{ type: "user", id: "bob" }] });
    const refusals = await Promise.all([
      ada.put(`/tasks/${number}`, {}),
      ada.put(`/tasks/${number}`, undefined),
      ada.act(number, "DANCE"),
      bob.act(number, "DELEGATE"),
      ada.put(`/tasks/${number}?action=APPROVE`, { action: { id: "REJECT" } }),
      ada.act(number, "APPROVE"),
      cyd.act(number, "APPROVE"),
      bob.act(number, "RESUME"),
      bob.act(number, "ESCALATE", { payload: {} }),
      bob.act(number, "ADHOC_ROUTE", { routingType: "Simple" }),
      bob.act(number, "ADHOC_ROUTE", { identities: [{ id: "cyd", type: "user" }] }),
    ]);
    expect(refusals.map(({ status, body }) => [status, body["o:errorCode"]])).toEqual([
      [400, "BPM-ACTION-UNKNOWN"],
      [400, "BPM-ACTION-UNKNOWN"],
      [400, "BPM-ACTION-UNKNOWN"],
      [400, "BPM-BAD-REQUEST"],
      [400, "BPM-BAD-REQUEST"],
      [403, "BPM-FORBIDDEN"],
      [404, "BPM-TASK-NOT-FOUND"],
      [409, "BPM-ACTION-NOT-ALLOWED"],
      [400, "BPM-BAD-REQUEST"],
      [400, "BPM-BAD-REQUEST"],
      [400, "BPM-BAD-REQUEST"],
    ]);
    // An older API says the action in the query alone.
    const done = await bob.put(`/tasks/${number}?action=reject`, undefined);
    expect([done.status, done.body?.metadata?.outcome]).toEqual([200, "REJECT"]);
  });

  it("is refused as stale when the task has changed since it was read", async () => {
    const number = await ada.task({ title: "Read first", assignees: [{ type: "user", id: "bob" }] });
    const etag = (await bob.get(`/tasks/${number}`)).headers.get("etag") ?? "";
    await bob.post(`/tasks/${number}/comments`, { commentStr: "In between" });
    const late = await bob.put(`/tasks/${number}`, { action: "APPROVE" }, { "if-match": etag });
    expect([late.status, late.body["o:errorCode"]]).toEqual([409, "BPM-STALE-TASK"]);
    const now = (await bob.get(`/tasks/${number}`)).headers.get("etag") ?? "";
    // A proxy that has compressed the answer makes its tag a weak one.
    const either = `"0-0", W/${now}`;
    expect((await bob.put(`/tasks/${number}`, { action: "APPROVE" }, { "if-match": either })).status).toBe(200);
  });

  it("on several tasks is each by itself", async () => {
    const numbers = [await ada.task({ title: "One" }), await ada.task({ title: "Two" })];
    await ada.act(numbers[1] ?? 0, "APPROVE");
    const { status, body } = await ada.put("/tasks", { action: { id: "APPROVE" }, tasks: [...numbers, 999_999] });
    expect([status, body]).toMatchObject([
      200,
      {
        count: 3,
        items: [
          { number: numbers[0], state: "COMPLETED" },
          { number: numbers[1], status: 409, title: "Conflict" },
          { number: 999_999, status: 404 },
        ],
      },
    ]);
    const other = await ada.task({ title: "Named twice" });
    const once = await ada.put("/tasks", { action: { id: "APPROVE" }, tasks: [other, String(other)] });
    expect(once.body).toMatchObject({ count: 1, items: [{ number: other, state: "COMPLETED" }] });
    expect((await ada.put("/tasks", { action: { id: "APPROVE" }, tasks: [] })).status).toBe(400);
    expect((await ada.put("/tasks", { action: { id: "SAVE" }, tasks: numbers })).status).toBe(400);
    expect((await ada.put("/tasks", { action: { id: "APPROVE" }, tasks: [999_999] })).status).toBe(404);
  });

  it("purges what has ended, so that nobody finds it again", async () => {
    const number = await ada.task({ title: "Soon gone" });
    await ada.act(number, "WITHDRAW");
    expect((await boss.act(number, "PURGE")).body).toEqual({ title: `Task ${number} was purged.` });
    expect((await ada.get(`/tasks/${number}`)).status).toBe(404);
  });
});

describe("what a client makes", () => {
  it("is a to-do of its own, and a task of a definition for others", async () => {
    const todo = await ada.post("/tasks/todoTask?view=worklist", {
      title: "Call back",
      dueDate: "2031-01-02 10:00:00",
    });
    expect(todo.body).toMatchObject({ state: "ASSIGNED", dueDate: "2031-01-02 10:00:00", createdBy: "ada" });
    expect(numbersIn(await ada.get("/tasks?pattern=ToDo"))).toEqual([todo.body.number]);
    const made = await ada.post("/tasks", {
      taskDefinitionName: "invoice",
      title: "Pay it",
      payload: { amount: 12 },
      identificationKey: "INV-9",
      assignees: [{ id: "bob", type: "user" }],
    });
    expect(made.body).toMatchObject({ kind: "task", status: { state: "input-required" } });
    expect(numbersIn(await bob.get("/tasks?taskDefinitionName=invoice"))).toEqual([Number(made.body.id)]);
    expect((await ada.post("/tasks", { title: "no definition" })).status).toBe(400);
    expect((await ada.post("/tasks/todoTask", { title: "" })).status).toBe(400);
  });

  it("has a payload that is read, replaced, and bound to what was read", async () => {
    const { body } = await ada.post("/tasks", { taskDefinitionName: "d", payload: { a: 1, b: { c: 2 } } });
    const path = `/tasks/${body.id}/payload`;
    expect((await ada.get(path)).body).toEqual({ a: 1, b: { c: 2 } });
    const etag = (await ada.get(path)).headers.get("etag") ?? "";
    expect((await ada.put(path, { a: 3 }, { "if-match": etag })).body).toEqual({ a: 3 });
    expect((await ada.put(path, { a: 4 }, { "if-match": etag })).status).toBe(409);
    expect((await ada.put(path, [1])).status).toBe(400);
    const fields = `/tasks/${body.id}/summaryField`;
    expect((await ada.post(fields, { z: 1, deep: {} })).body).toEqual({ z: 1 });
    // Of what is no plain value nothing is written back as it was read, however close another one writes.
    await Promise.all([ada.put(path, { b: "new", list: [2] }), ada.post(fields, { z: 2 })]);
    expect((await ada.get(path)).body).toMatchObject({ list: [2] });
    await ada.act(Number(body.id), "APPROVE");
    expect((await ada.put(path, {})).status).toBe(409);
  });

  it("has a payload that is also written and read as XML, which is an object with the types that JSON would write", async () => {
    const { body } = await ada.post("/tasks", { taskDefinitionName: "d", payload: {} });
    const path = `/tasks/${body.id}/payload`;
    const xml = "application/xml";
    const written = await ada.sendTo("PUT", path, {
      type: xml,
      body: "<payload><n>12</n><t>007</t><ok>true</ok><e></e><x/><b>1</b><b>2</b><c><d>&lt;&amp;</d></c></payload>",
    });
    const kept = { n: 12, t: "007", ok: true, e: "", x: null, b: [1, 2], c: { d: "<&" } };
    expect([written.status, written.body]).toEqual([200, kept]);
    const read = await ada.get(path, { accept: xml });
    const again = await ada.sendTo("POST", path, { type: xml, body: read.text });
    expect(again.body).toEqual(kept);
    for (const wrong of ["<other/>", "<payload>", "<payload>words<a/></payload>", "<payload><a>&own;</a></payload>"])
      expect((await ada.sendTo("PUT", path, { type: xml, body: wrong })).status).toBe(400);
    expect((await ada.sendTo("PUT", path, { type: "text/plain", body: "<payload/>" })).status).toBe(415);
    expect((await ada.get(path)).body).toEqual(kept);
  });

  it("can be given to whom the directory knows", async () => {
    const { body } = await ada.get("/identities?searchPattern=bo*&scope=all");
    expect(body.items.map(({ id, type }: { id: string; type: string }) => `${type} ${id}`)).toEqual([
      "group board",
      "user bob",
      "user boss",
    ]);
    const users = await followed(ada, "/identities?scope=user&limit=1", "next");
    expect(users.map(({ id }) => id)).toEqual(["ada", "bob", "boss", "cyd"]);
    expect((await ada.get("/identities/user/bob")).body).toMatchObject({ id: "bob", email: "bob@example.com" });
    expect((await ada.get("/identities/user/nobody")).status).toBe(404);
    expect((await ada.get("/identities?scope=planet")).status).toBe(400);
  });
});
