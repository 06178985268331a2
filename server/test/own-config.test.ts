/** The example configuration and the example worker, run as their reader would: a real server, a real second program. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { greeted, spawnWaybill } from "./command.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PYTHON = process.env["PYTHON"] ?? "python3";
const withoutPython = spawnSync(PYTHON, ["--version"]).status !== 0;

const wireTask = z.looseObject({
  id: z.string(),
  state: z.string(),
  output: z.json(),
  error: z.looseObject({ code: z.string(), message: z.string() }).nullable(),
  input_required: z.looseObject({ asks: z.string(), text: z.string() }).nullable(),
});

let folder: string;
let server: ChildProcess;
let url: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "waybill-own-config-"));
  const config = join(ROOT, "examples/config/waybill.config.ts");
  const flags = ["--data", join(folder, "data"), "--port", "0", "--lens-port", "none", "--config", config];
  server = spawnWaybill(["dev", ...flags], { cwd: folder });
  url = await greeted(server);
});

afterAll(async () => {
  const gone = new Promise((resolve) => server.once("exit", resolve));
  server.kill("SIGTERM");
  await gone;
  await rm(folder, { recursive: true, force: true });
});

async function call(path: string, body?: unknown): Promise<z.infer<typeof wireTask>> {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(
    url + path,
    body === undefined ? {} : { method: "POST", headers, body: JSON.stringify(body) },
  );
  const text = await answer.text();
  expect(answer.ok, text).toBe(true);
  return wireTask.parse(JSON.parse(text));
}

const submit = async (body: unknown) => call("/v1/tasks?wait=60", body);

describe("the example configuration", () => {
  it("has a kind of its own that writes a report", async () => {
    expect(await submit({ kind: "order_report", input: { customer: "Ada" } })).toMatchObject({
      state: "completed",
      output: { published: true, orders: 2, euros: 160 },
    });
  });

  it("has a report that waits for a person's word", async () => {
    const asking = await submit({ kind: "order_report", input: { review: true } });
    expect(asking).toMatchObject({ state: "input_required", input_required: { asks: "approval" } });
    await call(`/v1/tasks/${asking.id}/input`, { value: { approved: false } });
    expect(await call(`/v1/tasks/${asking.id}?wait=60`)).toMatchObject({ output: { published: false } });
  });

  it("has an agent with its own tools, one of which a person must approve", async () => {
    const looked = await submit({ input: { query: 'Use order_status with {"order":"A-1002"}' } });
    expect(JSON.stringify(looked.output)).toContain("delivered");
    const asking = await submit({ input: { query: 'Use refund_order with {"order":"A-1001","reason":"broken"}' } });
    expect(asking.input_required?.text).toContain("refund_order");
    await call(`/v1/tasks/${asking.id}/input`, { value: { approved: true } });
    expect(JSON.stringify((await call(`/v1/tasks/${asking.id}?wait=60`)).output)).toContain("refunded");
  });
});

describe.skipIf(withoutPython)("the example worker", () => {
  const work = () =>
    new Promise<number | null>((resolve) => {
      const worker = join(ROOT, "examples/worker/worker.py");
      const env = { PATH: process.env["PATH"], WAYBILL_URL: url };
      spawn(PYTHON, [worker, "--once"], { env, stdio: "ignore" }).once("exit", resolve);
    });

  it("claims a task of its queue and hands in the output", async () => {
    const input = { queue: "word_count", payload: { text: "to be or not to be" } };
    const { id } = await call("/v1/tasks", { kind: "external", input });
    expect(await work()).toBe(0);
    expect(await call(`/v1/tasks/${id}`)).toMatchObject({
      state: "completed",
      output: { words: 6, commonest: { to: 2 } },
    });
  });

  it("fails a task that it cannot do, and says why", async () => {
    const { id } = await call("/v1/tasks", { kind: "external", input: { queue: "word_count", payload: 3 } });
    expect(await work()).toBe(0);
    expect(await call(`/v1/tasks/${id}`)).toMatchObject({
      state: "failed",
      error: { code: "bad_payload", message: 'the payload must be {"text": "..."}' },
    });
  });
});
