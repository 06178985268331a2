/** Guardrails of a whole server: for clients of another API, and tried on a text. */
import { Waybill } from "@waybill/sdk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { runWaybill } from "../command.ts";
import { type ProviderServer, startProviderServer } from "../providers/provider-server.ts";
import { startTestServer, type TestServer } from "../server.ts";

const EMAIL = "jane.doe@example.com";
const TOLD = `Hello. Ask Anna Schmidt at ${EMAIL}, card 4111 1111 1111 1111. Bye.`;
const MASKED = `Hello. Ask ${"*".repeat(12)} at ${"*".repeat(20)}, card ${"*".repeat(19)}. Bye.`;

const SPLITS = 40;

let provider: ProviderServer;
let server: TestServer;
let client: Waybill;
beforeAll(async () => {
  provider = await startProviderServer();
  server = await startTestServer({
    config: {
      models: {
        default: "lab:m1",
        providers: { lab: { type: "openai-compatible", baseUrl: `${provider.url}/v1` } },
      },
      guardrails: {
        pii: {
          output: { enabled: true, threshold: 0.5 },
          mask: { removeEntityValue: true },
          detector: "offline",
          whenDown: "closed",
        },
      },
    },
  });
  client = new Waybill({ baseUrl: server.url });
});
afterAll(async () => {
  await server.stop();
  await provider.close();
});

test("a client of Shannon's API sees nothing of what is masked, neither in the stream nor in the task", async () => {
  provider.script({ kind: "answer", text: TOLD });
  const submitted = await fetch(`${server.shannonUrl}/api/v1/tasks`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query: "Who can help?" }),
  });
  const id: unknown = Reflect.get(Object(await submitted.json()), "task_id");
  const stream = await (await fetch(`${server.shannonUrl}/api/v1/stream/sse?workflow_id=${id}`)).text();
  const task = await (await fetch(`${server.shannonUrl}/api/v1/tasks/${id}`)).text();
  expect(task).toContain(MASKED);
  const pieces = [...stream.matchAll(/^event: thread\.message\.delta\ndata: (.*)$|^data: (.*"LLM_PARTIAL".*)$/gm)];
  expect(pieces.length).toBeGreaterThan(0);
  expect(stream).toContain("Guardrails acted");
  for (const secret of ["jane", "Schmidt", "4111 1111"]) expect(stream + task).not.toContain(secret);
});

test("no client of Shannon's API sees a part of it either, wherever the model's pieces are split", async () => {
  let seed = 26;
  const chance = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed % below;
  };
  async function told(): Promise<string> {
    const pieces: string[] = [];
    for (let at = 0; at < TOLD.length; at += pieces.at(-1)?.length ?? 1)
      pieces.push(TOLD.slice(at, at + 1 + chance(9)));
    provider.script({ kind: "answer", text: TOLD, pieces });
    const submitted = await fetch(`${server.shannonUrl}/api/v1/tasks`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query: "Who can help?" }),
    });
    const id: unknown = Reflect.get(Object(await submitted.json()), "task_id");
    return (await fetch(`${server.shannonUrl}/api/v1/stream/sse?workflow_id=${id}`)).text();
  }
  for (let n = 0; n < SPLITS; n++) {
    const stream = await told();
    const said = [...stream.matchAll(/^event: thread\.message\.delta\ndata: (.*)$/gm)]
      .map(([, data = ""]) => String(Reflect.get(Object(JSON.parse(data)), "delta")))
      .join("");
    expect(said).toBe(MASKED);
    for (const secret of ["jane", "Anna", "Schmidt", "4111 1111"]) expect(stream).not.toContain(secret);
  }
});

const SECRETS = ["jane", "doe@", "Anna", "Schmidt", "4111 1111", "sk-live-7Q"];

describe("whoever follows a run", () => {
  const json = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    server.call(path, { json: body, headers }).then((answer) => answer.text());
  const message = { messageId: "m", role: "ROLE_USER", parts: [{ text: "Who can help?" }] };
  const run = { message: { role: "user", content: "Who can help?" } };
  const streams: [string, () => Promise<string>][] = [
    [
      "Waybill's own API",
      async () => {
        const { id } = JSON.parse(await json("/v1/tasks", { kind: "agent", input: { query: "Who can help?" } }));
        const stream = await server.call(`/v1/tasks/${id}/events`, { headers: { accept: "text/event-stream" } });
        return stream.text();
      },
    ],
    ["Orchestrate's lines", () => json("/orchestrate/v1/orchestrate/runs/stream", run)],
    ["Orchestrate's other address for them", () => json("/orchestrate/v1/orchestrate/runs?stream=true", run)],
    [
      "Orchestrate's chat completions",
      () =>
        json("/orchestrate/v1/orchestrate/assistant/chat/completions", {
          messages: [{ role: "user", content: "Who can help?" }],
          stream: true,
        }),
    ],
    [
      "A2A",
      () =>
        json(
          "/a2a",
          { jsonrpc: "2.0", id: 1, method: "SendStreamingMessage", params: { message } },
          { "a2a-version": "1.0" },
        ),
    ],
  ];

  test.each(streams)("by %s sees nothing of what is masked, in whichever pieces it comes", async (_, follow) => {
    let seed = 5;
    const chance = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed % below;
    };
    for (let n = 0; n < 12; n++) {
      const pieces: string[] = [];
      for (let at = 0; at < TOLD.length; at += pieces.at(-1)?.length ?? 1)
        pieces.push(TOLD.slice(at, at + 1 + chance(7)));
      const call = { id: "c1", name: "define_word", arguments: { word: `${EMAIL} sk-live-7Qw8Er9Ty0Ui1Op2As3D` } };
      provider.script(
        { kind: "tool_calls", text: `I ask ${EMAIL}. `, calls: [call] },
        { kind: "answer", text: TOLD, pieces },
      );
      const stream = await follow();
      expect(stream).toContain("Bye.");
      for (const secret of SECRETS) expect([stream.includes(secret), secret]).toEqual([false, secret]);
    }
  });

  test("or reads it later, by any API, sees nothing of it either", async () => {
    const get = async (path: string) => (await server.call(path)).text();
    const list = z.object({ data: z.array(z.object({ id: z.string(), thread_id: z.string() })) });
    const runs = list.parse(JSON.parse(await get("/orchestrate/v1/orchestrate/runs?limit=3"))).data;
    for (const { id, thread_id } of runs) {
      const told = await Promise.all(
        [
          `/orchestrate/v1/orchestrate/runs/${id}`,
          `/orchestrate/v1/orchestrate/runs/${id}/events`,
          `/orchestrate/v1/tasks/${id}`,
          `/orchestrate/v1/threads/${thread_id}/messages`,
          `/orchestrate/v1/threads/logs/${id}`,
          `/shannon/api/v1/tasks/${id}`,
          `/v1/tasks/${id}`,
          `/v1/tasks/${id}/events`,
          `/v1/tasks/${id}/history`,
          `/bpm/api/4.0/tasks/${id}`,
        ].map(get),
      );
      for (const [at, text] of told.entries())
        for (const secret of SECRETS) expect([at, text.includes(secret), secret]).toEqual([at, false, secret]);
    }
  });
});

test("a text can be tried: what is found, and what would be left of it", async () => {
  expect(await client.guardrails.check(`Ask ${EMAIL}.`)).toEqual({
    text: `Ask ${"*".repeat(20)}.`,
    findings: [
      { kind: "pii", detector: "offline", entity: "EmailAddress", score: 0.98, start: 4, end: 24, action: "masked" },
    ],
    warnings: [],
  });
  const guardrails = { hap: { input: { enabled: true } } };
  expect(await client.guardrails.check("Hello. You are a worthless idiot.", { in: "input", guardrails })).toMatchObject(
    {
      text: "[The input was rejected as inappropriate]",
      findings: [{ kind: "hap", start: 7, end: 33, action: "blocked", word: "You are a worthless idiot." }],
    },
  );
  await expect(client.guardrails.check("x".repeat(100_001))).rejects.toMatchObject({ code: "invalid" });
  const long = await client.guardrails.check(`${"It rained all day. ".repeat(4_000)}Ask ${EMAIL}.`);
  expect(long.findings).toMatchObject([{ start: 76_004 }]);
});

test("`waybill guardrails` prints the same", async () => {
  const told = await runWaybill(["guardrails", "Ask", EMAIL], { WAYBILL_URL: server.url, NO_COLOR: "1" });
  expect(told.code).toBe(0);
  expect(told.out).toMatch(/pii +EmailAddress +0\.98 +4-24 .*masked/);
  expect(told.out).toContain(`Ask ${"*".repeat(20)}\n`);
});
