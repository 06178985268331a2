/** The work of people over HTTP, the SDK and the command line: a request that goes through several hands. */
import { Waybill } from "@waybill/sdk";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Ended, runWaybill } from "./command.ts";
import { startTestServer, type TestServer } from "./server.ts";

let server: TestServer;
let eva: Waybill;
const people = new Map<string, { client: Waybill; key: string }>();

beforeAll(async () => {
  server = await startTestServer({ mode: "serve", keys: [{ user: "eva" }] });
  const [key = ""] = server.secrets;
  eva = new Waybill({ baseUrl: server.url, apiKey: key });
  for (const user of ["fay", "gil", "nobody"]) {
    const groups = user === "nobody" ? [] : ["finance"];
    const { secret } = await eva.keys.create({ name: user, user, groups, roles: [] });
    people.set(user, { client: new Waybill({ baseUrl: server.url, apiKey: secret }), key: secret });
  }
});
afterAll(() => server.stop());

function as(user: string): Waybill {
  const client = people.get(user)?.client;
  if (!client) throw new Error(`Nobody is called ${user}.`);
  return client;
}

function waybill(user: string, ...args: string[]): Promise<Ended> {
  return runWaybill(args, { WAYBILL_URL: server.url, WAYBILL_API_KEY: people.get(user)?.key ?? "", NO_COLOR: "1" });
}

async function begin(more: object = {}): Promise<string> {
  const input = { title: "Pay the taxi?", assignees: [{ type: "group", id: "finance" }], ...more };
  return (await eva.submit({ kind: "human", input })).id;
}

it("goes from the inbox of a group to a decision, with a comment and a receipt, and everybody sees by whom", async () => {
  const id = await begin({ payload: { amount: 120 } });
  const listed = await waybill("fay", "inbox", "--json");
  expect(JSON.parse(listed.out)).toMatchObject({ id, assignment: { state: "assigned", payload: { amount: 120 } } });
  expect((await waybill("nobody", "inbox")).talk).toContain("Nothing waits");
  // A page of a task is whoever takes part's, too; whom its owner has told is not.
  await eva.task(id).webhooks.create({ url: "https://receiver.invalid/", events: ["task.never"] });
  expect(await as("fay").task(id).webhooks.list()).toEqual([]);
  expect((await waybill("fay", "get", id)).code).toBe(0);
  await expect(as("nobody").task(id).webhooks.list()).rejects.toMatchObject({ code: "not_found" });
  const [mine] = await eva.task(id).webhooks.list();
  await eva.task(id).webhooks.delete(mine?.id ?? "");
  expect((await waybill("fay", "claim", id)).code).toBe(0);
  expect(await waybill("gil", "claim", id)).toMatchObject({
    code: 1,
    talk: expect.stringContaining("fay has claimed it"),
  });
  await as("fay").human.attach(id, new File(["%PDF-1.7"], "receipt.pdf", { type: "application/pdf" }));
  await as("fay").human.comment(id, "The receipt is here.");
  expect((await waybill("fay", "approve", id, "Fine.")).code).toBe(0);
  const output = {
    outcome: "approve",
    by: "fay",
    comment: "Fine.",
    payload: { amount: 120 },
    votes: [{ by: "fay", outcome: "approve" }],
  };
  await expect(eva.task(id).result()).resolves.toEqual(output);
  expect((await eva.human.comments(id)).map(({ by, text }) => `${by}: ${text}`)).toEqual([
    "fay: The receipt is here.",
    "fay: Fine.",
  ]);
  expect((await eva.human.history(id)).map(({ act }) => act)).toEqual([
    "submit",
    "claim",
    "attach",
    "comment",
    "decide",
  ]);
  const [receipt] = await eva.human.attachments(id);
  expect(receipt).toMatchObject({ name: "receipt.pdf", media_type: "application/pdf", bytes: 8 });
  const bytes = await eva.human.attachment(id, "receipt.pdf");
  expect(await new Response(bytes).text()).toBe("%PDF-1.7");
});

it("takes any declared outcome by the command line, and refuses others with those that there are", async () => {
  const id = await begin({ outcomes: ["ship", "hold"] });
  expect(await waybill("gil", "answer", id, "burn")).toMatchObject({
    code: 1,
    talk: expect.stringContaining("ship, hold"),
  });
  expect((await waybill("gil", "answer", id, "hold")).code).toBe(0);
  await expect(eva.task(id).result()).resolves.toMatchObject({ outcome: "hold", by: "gil" });
});

it("is nothing to a stranger, and more than one's own to who may not do it", async () => {
  const id = await begin();
  await expect(as("nobody").task(id).get()).rejects.toMatchObject({ code: "not_found" });
  await expect(as("nobody").human.act(id, { act: "claim" })).rejects.toMatchObject({ code: "not_found" });
  await expect(as("fay").human.act(id, { act: "withdraw" })).rejects.toMatchObject({ code: "forbidden" });
  await expect(as("fay").human.act(id, { act: "delegate" })).rejects.toMatchObject({ code: "invalid" });
  await expect(as("fay").task(id).cancel()).rejects.toMatchObject({ code: "forbidden" });
  expect((await as("fay").human.allowed(id)).map(({ outcome, act }) => outcome ?? act)).toContain("approve");
  await eva.human.act(id, { act: "withdraw", comment: "Paid in cash." });
  await expect(eva.task(id).get()).resolves.toMatchObject({ state: "cancelled", assignment: { state: "withdrawn" } });
});
