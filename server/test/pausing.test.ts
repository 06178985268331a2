/** A pause while a step goes on, and the waits after it, as each API, the command line and the page tell them. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { defineAgent } from "../src/handlers/agent/definition.ts";
import { ask, DIALECTS } from "./a2a/client.ts";
import { clientOf } from "./bpm/client.ts";
import { TestBrowser } from "./browser.ts";
import { runWaybill } from "./command.ts";
import { startTestServer, type TestServer } from "./server.ts";

/** The step that runs, as soon as it does, and what lets it end. */
let running = Promise.withResolvers<() => void>();

const scribe = defineAgent({
  slug: "scribe",
  name: "Scribe",
  run: async (ctx) => {
    await ctx.step("draft", held);
    await ctx.sleep("a moment", 1);
    await ctx.step("polish", held);
    return "written";
  },
});

async function held(): Promise<null> {
  const end = Promise.withResolvers<void>();
  running.resolve(end.resolve);
  await end.promise;
  return null;
}

async function nextStep(): Promise<() => void> {
  const end = await running.promise;
  running = Promise.withResolvers();
  return end;
}

let server: TestServer;
const page = new TestBrowser();
beforeAll(async () => {
  server = await startTestServer({ config: { agents: [scribe] } });
});
afterAll(async () => {
  await page.close();
  await server.stop();
});

const text = async (path: string, json?: unknown) =>
  (await server.call(path, json === undefined ? {} : { json })).text();
const command = async (...args: string[]) => {
  const { out, talk } = await runWaybill(args, { WAYBILL_URL: server.url, NO_COLOR: "1" });
  return out + talk;
};

/** What each view shows of a task. */
async function views({ id, number }: { id: string; number: number }): Promise<Record<string, string>> {
  page.open(`${server.url}/dashboard/#${id}`);
  const shown = await page.find("body", id);
  return {
    "the native task": await text(`/v1/tasks/${id}`),
    "the native why": await text(`/v1/tasks/${id}/why`),
    "the native events": await text(`/v1/tasks/${id}/events`),
    "Shannon's control state": await text(`/shannon/api/v1/tasks/${id}/control-state`),
    "Shannon's events": await text(`/shannon/api/v1/tasks/${id}/events`),
    "Orchestrate's log": await text(`/orchestrate/v1/threads/logs/${id}`),
    documents: await text(`/documents/v1/tasks/${id}`),
    BPM: (await clientOf(server).get(`/tasks/${number}`)).text,
    "BPM's history": (await clientOf(server).get(`/tasks/${number}/history`)).text,
    ...Object.fromEntries(
      await Promise.all(DIALECTS.map(async (dialect) => [dialect, (await ask(server, dialect, "get", { id })).text])),
    ),
    "waybill get": await command("get", id),
    "waybill logs": await command("logs", id),
    "the page": shown.textContent ?? "",
  };
}

const acknowledged = z.object({ message: z.literal("Pause signal sent"), still_running: z.array(z.string()) });

it("names the step that goes on, wherever the task is shown, and counts no wait as an attempt", async () => {
  const json = { input: { agent: "scribe", query: "A letter" } };
  const made = await server.call("/v1/tasks", { json });
  const task = z.object({ id: z.string(), number: z.int() }).parse(await made.json());
  const endDraft = await nextStep();
  const answer = await text(`/shannon/api/v1/tasks/${task.id}/pause`, { reason: "lunch" });
  expect(acknowledged.parse(JSON.parse(answer)).still_running).toEqual(["draft"]);
  for (const [view, shown] of Object.entries(await views(task)))
    expect([view, shown]).toEqual([view, expect.stringMatching(/draft.*/s)]);

  endDraft();
  await text(`/v1/tasks/${task.id}/resume`, {});
  const endPolish = await nextStep();
  for (const [view, shown] of Object.entries(await views(task)))
    expect([view, shown]).toEqual([view, expect.not.stringMatching(/attempt\W{0,4}[2-9]/i)]);
  endPolish();
  expect(JSON.parse(await text(`/v1/tasks/${task.id}?wait=60`))).toMatchObject({ state: "completed", attempt: 1 });
});
