/** The list of a caller's tasks: its order, its filters, its pages. */
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { LocalEventFeed } from "../../src/engine/event-feed.ts";
import { Damaged } from "../../src/store/damage.ts";
import { SqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import { notFound, Refusal } from "../../src/task/errors.ts";
import { startTestServer, type TestServer } from "../server.ts";
import { scripted } from "./agents.ts";
import { ask, DIALECTS, dig, idOf, send, sentTask, stateOf, told } from "./client.ts";

let server: TestServer;
let ada = "";
let bob = "";
const ids: string[] = [];
let asking = "";
let permission = "";
beforeAll(async () => {
  server = await startTestServer({
    mode: "serve",
    keys: [
      { user: "ada", scopes: ["tasks"] },
      { user: "bob", scopes: ["tasks"] },
    ],
    config: { agents: [scripted] },
  });
  [ada = "", bob = ""] = server.secrets;
  const begun = async (text: string) =>
    idOf(sentTask("J1", await send(server, "J1", { text, contextId: "the-context" }, { key: ada })));
  asking = await begun("ask");
  permission = await begun("login");
  for (const text of ["count", "alone?", "fail", "count", "refuse"]) ids.push(await begun(text));
});
afterAll(() => server.stop());

async function list(params: Record<string, unknown> = {}, key = ada) {
  const { result, error } = await ask(server, "R1", "list", params, { key });
  const tasks = dig(result, "tasks");
  return { result, error, tasks: Array.isArray(tasks) ? tasks : [], ids: Array.isArray(tasks) ? tasks.map(idOf) : [] };
}

describe("the list", () => {
  it("has the caller's tasks, those first whose state changed last", async () => {
    expect((await list()).ids).toEqual([...[...ids].reverse(), permission, asking]);
    expect((await list({}, bob)).result).toEqual({ tasks: [], nextPageToken: "", pageSize: 50, totalSize: 0 });
  });

  it("puts a task at its head whose state changes", async () => {
    await send(server, "J1", { text: "blue", taskId: asking }, { key: ada });
    expect((await list({ pageSize: 1 })).ids).toEqual([asking]);
    asking = idOf(sentTask("J1", await send(server, "J1", { text: "ask" }, { key: ada })));
  });

  it("goes on page by page to its end, and each page knows the total", async () => {
    const whole = (await list()).ids;
    const found: string[] = [];
    for (let pageToken = ""; ; ) {
      const { ids, result } = await list({ pageSize: 3, ...(pageToken && { pageToken }) });
      found.push(...ids);
      expect(dig(result, "totalSize")).toBe(whole.length);
      pageToken = String(dig(result, "nextPageToken"));
      if (pageToken === "") break;
    }
    expect(found).toEqual(whole);
  });

  it("is filtered by state, context and time", async () => {
    expect((await list({ status: "TASK_STATE_AUTH_REQUIRED" })).ids).toEqual([permission]);
    expect((await list({ status: "TASK_STATE_INPUT_REQUIRED" })).ids).toEqual([asking]);
    expect((await list({ status: "TASK_STATE_FAILED" })).tasks.map(stateOf)).toEqual(["failed"]);
    expect((await list({ contextId: "the-context" })).ids).not.toContain(asking);
    expect((await list({ contextId: "no-such" })).ids).toEqual([]);
    const [first, second] = (await list()).tasks;
    const since = await list({ statusTimestampAfter: String(dig(second, "status", "timestamp")) });
    // As the official client for Go calls it over HTTP.
    expect((await list({ lastUpdatedAfter: String(dig(second, "status", "timestamp")) })).ids).toEqual(since.ids);
    expect(since.ids).toEqual([idOf(first), idOf(second)]);
  });

  it.each([
    { status: "", pageSize: "", pageToken: "", statusTimestampAfter: "", contextId: "", includeArtifacts: "" },
    { status: "TASK_STATE_UNSPECIFIED" },
    { status: 0 },
  ])("has all for what says nothing: %j", async (params) => {
    expect((await list(params)).ids).toEqual((await list()).ids);
  });

  it("shows artifacts and history as far as they are asked for", async () => {
    const [plain] = (await list({ status: "TASK_STATE_COMPLETED", pageSize: 1 })).tasks;
    expect(plain).not.toHaveProperty("artifacts");
    const full = await list({ status: "TASK_STATE_FAILED", includeArtifacts: true, historyLength: 0 });
    expect(full.tasks[0]).toMatchObject({ artifacts: [] });
    expect(full.tasks[0]).not.toHaveProperty("history");
  });

  it("takes yes and no as Python writes them into a query", async () => {
    const [yes, no] = ["True", "False"].map((includeArtifacts) => list({ includeArtifacts, pageSize: 1 }));
    expect((await yes)?.tasks[0]).toHaveProperty("artifacts");
    expect((await no)?.tasks[0]).not.toHaveProperty("artifacts");
  });

  it.each([
    { pageSize: 0 },
    { pageSize: 101 },
    { pageToken: "nonsense" },
    { statusTimestampAfter: "yesterday" },
    { status: "TASK_STATE_LOST" },
    { historyLength: -1 },
  ])("refuses %j", async (params) => {
    expect(told("R1", (await list(params)).error)).toBe(-32602);
  });

  it("refuses the token of a list with other filters", async () => {
    const { result } = await list({ pageSize: 1 });
    const pageToken = String(dig(result, "nextPageToken"));
    expect(told("R1", (await list({ pageToken, status: "TASK_STATE_FAILED" })).error)).toBe(-32602);
  });

  it("is read in all four dialects", async () => {
    const all = await Promise.all(
      DIALECTS.map((dialect) => ask(server, dialect, "list", { pageSize: 2 }, { key: ada })),
    );
    const lists = all
      .map(({ result }) => dig(result, "tasks"))
      .map((tasks) => (Array.isArray(tasks) ? tasks.map(idOf) : []));
    expect(new Set(lists.map((each) => each.join())).size).toBe(1);
  });

  it("ends a page that has about a megabyte, and goes on behind it, one task at a time where each is longer", async () => {
    const contextId = "long-ones";
    const long = Array.from({ length: 5 }, (_, n) => `${n} ${"long ".repeat(n === 2 ? 300_000 : 80_000)}`);
    for (const text of long) await send(server, "J1", { text, contextId }, { key: ada });
    const pages: number[] = [];
    const found: string[] = [];
    for (let pageToken = ""; ; ) {
      const { ids, tasks, result } = await list({ contextId, ...(pageToken && { pageToken }) });
      pages.push(Math.round(JSON.stringify(tasks).length / 1e5));
      found.push(...ids);
      expect(dig(result, "totalSize")).toBe(long.length);
      pageToken = String(dig(result, "nextPageToken"));
      if (pageToken === "") break;
    }
    expect(pages).toEqual([8, 15, 8]);
    expect(new Set(found).size).toBe(long.length);
  });

  it("has those whose history is too long or damaged without it, of few in one answer, and none that has gone meanwhile", async () => {
    const contextId = "broken-ones";
    const begun = [];
    for (const text of ["gone", "damaged", "long", "long", "long", "count"])
      begun.push(idOf(sentTask("J1", await send(server, "J1", { text, contextId }, { key: ada }))));
    const [gone, damaged, ...long] = begun;
    const whole = begun.at(-1);
    vi.spyOn(LocalEventFeed.prototype, "whole").mockReturnValue(undefined);
    const turns = vi.spyOn(SqliteStore.prototype, "turns").mockImplementation(async (id) => {
      if (id === whole) return [];
      if (id === damaged) throw new Error("a page that it lies on is damaged");
      throw id === gone ? notFound("Task") : new Refusal("too_large", "It is too long.");
    });
    const found: string[] = [];
    const reads: number[] = [];
    for (let pageToken = ""; ; ) {
      const { ids, result, error } = await list({ contextId, ...(pageToken && { pageToken }) });
      expect(error).toBeUndefined();
      found.push(...ids);
      reads.push(turns.mock.calls.splice(0).length);
      pageToken = String(dig(result, "nextPageToken"));
      if (pageToken === "") break;
    }
    vi.restoreAllMocks();
    expect(found).toEqual([...long.toReversed(), damaged]);
    expect(reads).toEqual([2, 1, 1, 1, 1, 1]);
  });

  it("has those whose conversation cannot be read, by its id instead of the client's own name", async () => {
    const text = "count";
    const begun = [];
    for (const contextId of ["of-one", "of-another"])
      begun.push(idOf(sentTask("J1", await send(server, "J1", { text, contextId }, { key: ada }))));
    const read = SqliteStore.prototype.conversation;
    const shown = await list({ pageSize: 2 });
    const [, damaged] = shown.tasks.map((task) => dig(task, "contextId"));
    expect(damaged).toBe("of-one");
    let reads = 0;
    vi.spyOn(SqliteStore.prototype, "conversation").mockImplementation(async function (this: SqliteStore, id) {
      if (++reads === 2) throw new Damaged(`conversation ${id}`, new Error("a page that it lies on is damaged"));
      return read.call(this, id);
    });
    const { tasks, error } = await list({ pageSize: 2 });
    vi.restoreAllMocks();
    expect(error).toBeUndefined();
    expect(tasks.map(idOf)).toEqual(begun.toReversed());
    expect(tasks.map((task) => dig(task, "contextId"))).toEqual([
      "of-another",
      expect.stringMatching(/^[0-9a-f-]{36}$/),
    ]);
  });
});
