/** States of a run that need a server of their own: people have a second, one task runs at a time, and a judge guards. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { guardrailsConfig } from "../../src/guardrails/configuration.ts";
import { chatAnswer } from "../../src/lenses/orchestrate/chats/schema.ts";
import { backgroundTask } from "../../src/lenses/orchestrate/tasks/schema.ts";
import { thread } from "../../src/lenses/orchestrate/threads/schema.ts";
import type { ShannonServer } from "../shannon-server.ts";
import { messageIn, namesOf, type OrchestrateClient, orchestrateClient, startOrchestrateServer } from "./client.ts";

let server: ShannonServer;
let client: OrchestrateClient;
beforeAll(async () => {
  server = await startOrchestrateServer({
    config: {
      lenses: { orchestrate: { answerWithinMs: 1_000 } },
      limits: { running: 1, runningReserve: 0 },
      guardrails: guardrailsConfig.parse({ hap: { model: "scripted:judge" } }),
    },
  });
  client = orchestrateClient(server);
});
afterAll(() => server.stop());

/** Its keys are in their order: the client looks at that. */
async function reaches(run: string, status: string) {
  await expect.poll(async () => (await client.run(run)).status).toBe(status);
  return client.run(run);
}

type Run = Awaited<ReturnType<OrchestrateClient["run"]>>;
const stamps = ({ started_at, completed_at, failed_at, cancelled_at }: Run) =>
  [started_at, completed_at, failed_at, cancelled_at].map((at) => at !== null);
const background = (id: string) => client.answer(backgroundTask, `/v1/tasks/${id}`);

test("a run whose question nobody answers is expired, on its stream and wherever it is asked for", async () => {
  const events = await client.stream("ask me");
  expect(namesOf(events).filter((name) => !name.startsWith("run.step"))).toEqual([
    ...["run.started", "message.started", "message.interrupt", "run.expired", "done"],
  ]);
  const run = await client.run(String(events[0]?.data["run_id"]));
  expect([run.status, ...stamps(run)]).toEqual(["expired", true, false, false, false]);
  expect(run.last_error).toContain("Nobody answered in time");
  expect(run.result).toMatchObject({ data: { message: { content: [{ text: run.last_error }] } } });
  expect(await background(run.id)).toMatchObject({ status: "failed", result: "expired" });
  const { thread_id } = messageIn(events, "message.interrupt");
  expect((await client.answer(thread, `/v1/threads/${thread_id}`)).status).toBe("ready");
  expect(await client.events(run.id)).toEqual(events);
  const late = await client.begin("The left one", { thread_id });
  expect(late.run_id).not.toBe(run.id);
});

test("a chat is told the question as its answer, and what is said too late is said to another run", async () => {
  const path = "/v1/orchestrate/scripted/chat/completions";
  const say = (content: string, headers = {}) =>
    client.answer(chatAnswer, path, { json: { messages: [{ role: "user", content }] }, headers });
  const asked = await say("ask me");
  expect(asked.choices[0]?.message.content).toBe("Which of the two?");
  await reaches(asked.id, "expired");
  const late = await say("Hello again", { "X-IBM-THREAD-ID": asked.thread_id });
  expect([late.thread_id, late.choices[0]?.message.content]).toEqual([asked.thread_id, "Hello."]);
  expect(late.id).not.toBe(asked.id);
});

test("a run waits for work elsewhere, says so when that is over, and never rests there", async () => {
  const made = await server.call("/v1/tasks", { json: { kind: "errand", input: { what: "a stone" } } });
  const { id } = z.object({ id: z.string() }).parse(await made.json());
  const claimed = await server.call("/v1/work/claim", { json: { worker: "w", queue: "far", wait_ms: 60_000 } });
  const work = z.object({ data: z.tuple([z.object({ id: z.string(), attempt: z.int() })]) }).parse(await claimed.json())
    .data[0];
  expect(stamps(await reaches(id, "async_wait"))).toEqual([true, false, false, false]);
  expect(await background(id)).toMatchObject({ status: "started", result: null });
  await client.begin("hold");
  await server.held();
  const outcome = { worker: "w", attempt: work.attempt, output: "granite" };
  await server.call(`/v1/tasks/${work.id}/complete`, { json: outcome });
  expect(stamps(await reaches(id, "async_completed"))).toEqual([true, false, false, false]);
  expect(await background(id)).toMatchObject({ status: "started", result: null });
  server.release();
  expect(stamps(await reaches(id, "completed"))).toEqual([true, true, false, false]);
  expect(await background(id)).toMatchObject({ status: "completed", result: 'It brought "granite"' });
});

test("a run fails where nobody can look at what a guardrail is to look at", async () => {
  const guardrails = { hap: { input: { enabled: true } } };
  const { run_id, task_id } = await client.begin("fail", { guardrails });
  const run = await reaches(run_id, "failed");
  expect(stamps(run)).toEqual([true, false, true, false]);
  expect(run.last_error).toContain("scripted:judge, which looks for hap, could not be asked");
  expect(run.guardrails).toEqual({
    hap: { input: { enabled: true, threshold: 0.5 }, output: null, mask: null },
    social_bias: null,
    pii: null,
  });
  expect(await background(task_id)).toMatchObject({ status: "failed", result: run.last_error });
});
