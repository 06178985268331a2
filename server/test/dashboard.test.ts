/** The inbox in a browser: who looks, what waits for them, an answer that does not fit, one that does, and the key that is forgotten. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { defineHandler, type StepContext } from "../src/task/handler.ts";
import { TestBrowser } from "./browser.ts";
import { runWaybill } from "./command.ts";
import { startTestServer, type TestServer } from "./server.ts";

const broken = defineHandler({
  kind: "broken",
  input: z.object({ isInner: z.boolean(), hangs: z.boolean().default(false) }),
  run: async (ctx, { isInner, hangs }) => {
    if (!isInner) return ctx.child("hand over", "broken", { isInner: true });
    const body = async (step: StepContext) => {
      if (step.tries === 1) throw new Error("It is busy.");
      step.output("Once more.");
      if (hangs) await new Promise((end) => step.signal.addEventListener("abort", end));
      throw new Error("It is gone.");
    };
    return ctx.step("ask", body, { retries: 1, backoffMs: 1 });
  },
});

const talks = defineHandler({
  kind: "talks",
  input: z.object({}),
  run: async (ctx) => {
    for (let n = 1; n <= 2_500; n++) ctx.emit({ type: "talk.said", data: { n } });
    return null;
  },
});

let server: TestServer;
let ada = "";
let bob = "";
const page = new TestBrowser();
beforeAll(async () => {
  server = await startTestServer({
    mode: "serve",
    config: { handlers: [broken, talks] },
    keys: [{ user: "ada" }, { user: "bob", scopes: ["tasks"] }],
  });
  [ada = "", bob = ""] = server.secrets;
});
afterAll(async () => {
  await page.close();
  await server.stop();
});

const made = z.object({ id: z.string() });
async function itemFor(user: string, title: string): Promise<string> {
  const properties = { amount: { type: "number", title: "Amount", maximum: 100 }, note: { type: "string" } };
  const form = { type: "object", required: ["amount"], properties };
  const input = { title, form, assignees: [{ type: "user", id: user }] };
  return made.parse(await (await server.call("/v1/tasks", { json: { kind: "human", input }, key: ada })).json()).id;
}
async function show(id: string): Promise<void> {
  page.open(`${server.url}/dashboard/#${id}`);
  const first = await page.find("dialog[open], .detail header > *");
  if (!first.matches("dialog")) return;
  await page.type("#key", ada);
  await page.click("dialog button", "Use this key");
}
const read = async (id: string) => await (await server.call(`/v1/tasks/${id}`, { key: ada })).json();

it("asks who looks, shows what waits for them, and takes an answer that fits its form", async () => {
  const id = await itemFor("bob", "Pay <b>Carl</b>");
  await itemFor("ada", "Ada's own");
  page.open(`${server.url}/dashboard/inbox.html`);
  await page.find("dialog[open]", "API key");
  await page.type("#key", "sk_nobody");
  await page.click("dialog button", "Use this key");
  await page.find("dialog .notice", "unknown");
  await page.type("#key", bob);
  await page.click("dialog button", "Use this key");
  // A place of the page is nothing to open.
  await page.find("#items [role=option]");
  await page.click("a.skip", "Skip to the items");
  await page.find("#item .nothing", "Choose what you want to look at.");
  expect(page.hash).toBe("");
  // What a caller writes is words and no HTML.
  await page.click("#items [role=option]", "Pay <b>Carl</b>");
  expect(page.text).not.toContain("Ada's own");
  await page.click("a.back");
  await page.find("#item .nothing", "Choose what");
  await page.click("#items [role=option]", "Pay <b>Carl</b>");
  await page.type(".schema-form input[type=number]", "500");
  await page.type("textarea[aria-label=Comment]", "Seen.");
  await page.click("#item button", "Approve");
  expect((await page.find(".fault", "100")).parentElement?.textContent).toContain("Amount");
  await page.type(".schema-form input[type=number]", "80");
  await page.click("#item button", "Approve");
  await page.find("#empty", "Nothing waits for you.");
  const output = { outcome: "approve", by: "bob", comment: "Seen.", payload: { amount: 80 } };
  expect(await read(id)).toMatchObject({ state: "completed", output });
});

it("shows what comes while somebody looks, and nothing of it once the key is forgotten", async () => {
  const id = await itemFor("bob", "After the first");
  await page.find("#items [role=option]", "After the first");
  await page.click("#head button", "Key");
  await page.click("dialog button", "Forget it");
  await page.find("#notice", "An API key is needed");
  await page.find("dialog[open]", "API key");
  expect(await read(id)).toMatchObject({ state: "input_required" });
});

it("shows an admin who did what, and of it what one looks for", async () => {
  page.open(`${server.url}/dashboard/audit.html`);
  await page.find("dialog[open]", "API key");
  await page.type("#key", ada);
  await page.click("dialog button", "Use this key");
  await page.find("#entries td", "submit");
  await page.find("#entries td", "127.0.0.1 native");
  await page.type("#user", "bob");
  await page.find("#entries td", "decide");
  await page.type("#user", "nobody");
  await page.find("#empty", "Nothing fits.");
});

it("shows each try of a step with its error, and the way to a child, as the command line does", async () => {
  const json = { kind: "broken", input: { isInner: false } };
  const { id } = made.parse(await (await server.call("/v1/tasks?wait=30", { json, key: ada })).json());
  await show(id);
  await page.find(".card", "handler_error, in step hand over");
  const link = await page.find(".timeline a", "task_");
  const child = link.textContent;
  const told = await runWaybill(["get", id, "--steps", "--url", server.url, "--key", ada]);
  expect(told.out).toMatch(new RegExp(`hand over +child +1 +[\\d.]+ m?s +${child} +It is gone\\.`));
  const inner = await runWaybill(["get", child, "--steps", "--url", server.url, "--key", ada]);
  expect(inner.out).toContain("It is busy.; then: It is gone.");
  await show(child);
  await page.find(".timeline .fault", "It is busy.");
  await page.find(".card.bad details pre", "dashboard.test.ts");
  expect((await page.find(".timeline .fault", "Try 2")).textContent).toContain("It is gone.");
});

it("counts the tries of a step that failed without the one that is under way", async () => {
  const json = { kind: "broken", input: { isInner: true, hangs: true } };
  const { id } = made.parse(await (await server.call("/v1/tasks", { json, key: ada })).json());
  const steps = async () => await (await server.call(`/v1/tasks/${id}/steps`, { key: ada })).json();
  await expect.poll(steps).toMatchObject({ data: [{ state: "waiting", tries: 2 }] });
  await show(id);
  const fault = await page.find(".timeline li[data-tone=active] .fault", "It is busy.");
  expect(fault.textContent).toMatch(/^Try 1,/);
  await server.call(`/v1/tasks/${id}/cancel`, { json: {}, key: ada });
});

it("tells who may see all tasks where in the code one failed, and nobody else", async () => {
  const json = { kind: "broken", input: { isInner: true } };
  const seenBy = async (key: string) => await (await server.call("/v1/tasks?wait=30", { json, key })).json();
  expect(await seenBy(ada)).toMatchObject({ state: "failed", stack: expect.stringContaining("dashboard.test.ts") });
  expect(await seenBy(bob)).toMatchObject({ state: "failed", stack: null });
});

it("raises a budget that has paused a task, or lifts it, and the task goes on", async () => {
  const json = { input: { query: "What is 17 * 23?" }, budget: { tokens: 1 } };
  const { id } = made.parse(await (await server.call("/v1/tasks?wait=30", { json, key: ada })).json());
  await show(id);
  await page.find(".budget-used", "of 1 tokens used");
  await page.type(".budget-form [name=tokens]", "1");
  await page.click(".budget-form button", "Give it this and go on");
  await page.find(".budget-form .notice", "already: give it more than that.");
  expect(await read(id)).toMatchObject({ state: "paused", budget: { tokens: 1 } });
  await page.click(".budget-form button", "Lift it and go on");
  await page.find(".card h3", "Output");
  expect(await read(id)).toMatchObject({ state: "completed", budget: { tokens: null, cost_usd: null } });
  await page.find(".budget-used", "No bound.");
});

it("reads a task once at a time, so that of two answers the older one is not shown last", async () => {
  const id = await itemFor("bob", "Slow");
  const reads = page.slow(`/v1/tasks/${id}`, 300);
  await show(id);
  await page.find(".detail h2", "Slow");
  await server.call(`/v1/tasks/${id}/cancel`, { json: {}, key: ada });
  await page.find(".detail .under", "took");
  expect(reads.mostAtOnce).toBe(1);
});

it("says of a task that is not there so, without an empty card of its events", async () => {
  await show("task_01M8EQQFNVEP1S2AD17JT42TQP");
  await page.find(".notice", "Task not found");
  await page.find("section[hidden] h3", "Events");
});

it("shows the end of a long log, and counts all of it", async () => {
  const sent = await server.call("/v1/tasks", { json: { kind: "talks", input: {} }, key: ada });
  await show(made.parse(await sent.json()).id);
  const title = await page.find("section h3", "2503 in all");
  const rows = title.parentElement?.querySelectorAll(".log li") ?? [];
  expect(rows.length).toBe(1_000);
  expect([...rows].at(-1)?.textContent).toContain("task.completed");
});
