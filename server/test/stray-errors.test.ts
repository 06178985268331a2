/** What handlers throw where nothing awaits it, in a real server: their own task fails, and the process stays. */
import type { ChildProcess } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { greeted, spawnWaybill } from "./command.ts";
import { HOSTILE } from "./hostile-values.ts";

const WAYS = ["rejection", "late rejection", "timer", "immediate", "tick", "emitter"] as const;
const failure = z.looseObject({ code: z.string(), message: z.string(), step: z.string().nullish() });
const wireTask = z.looseObject({
  id: z.string(),
  state: z.string(),
  error: failure.nullable(),
  progress: z.looseObject({ message: z.string() }),
});

let folder: string;
let server: ChildProcess;
let url: string;
/** What the server has logged. */
let log = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "waybill-stray-"));
  const config = fileURLToPath(new URL("stray.config.ts", import.meta.url));
  const flags = ["--data", join(folder, "data"), "--port", "0", "--lens-port", "none", "--config", config];
  server = spawnWaybill(["dev", ...flags], { cwd: folder });
  server.stderr?.on("data", (piece) => {
    log += String(piece);
  });
  url = await greeted(server);
});

afterAll(async () => {
  const gone = new Promise((resolve) => server.once("exit", resolve));
  server.kill("SIGTERM");
  await gone;
  await rm(folder, { recursive: true, force: true });
});

async function call(path: string, body: unknown = {}): Promise<z.infer<typeof wireTask>> {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(url + path, { method: "POST", headers, body: JSON.stringify(body) });
  return wireTask.parse(await answer.json());
}

const submit = (kind: string, input: unknown, more = {}) => call("/v1/tasks?wait=60", { kind, input, ...more });

/** How often the server has logged this error. */
function logged(message: string): number {
  return log.split(`"message":"${message}"`).length - 1;
}

async function lives(): Promise<void> {
  expect(await submit("careful", {})).toMatchObject({ state: "completed" });
  expect(server.exitCode).toBe(null);
}

test.each(WAYS)("a stray %s fails the task whose handler left it, and that alone", async (way) => {
  expect(await submit("in-run", { way })).toMatchObject({
    state: "failed",
    error: { code: "handler_error", message: "stray" },
  });
  await lives();
});

test("what a handler left behind fails its task also once that waits", async () => {
  expect(await submit("at-rest", { way: "timer" })).toMatchObject({ state: "failed", error: { message: "stray" } });
  await lives();
});

test.each(WAYS)("a stray %s in a step fails its task by the name of the step", async (way) => {
  expect(await submit("in-step", { way })).toMatchObject({
    state: "failed",
    error: { code: "handler_error", message: "stray", step: "careless" },
  });
  await lives();
});

test("what breaks whoever looks at it fails its task too, thrown or left behind, and neither the log nor anybody else", async () => {
  for (const value of Object.keys(HOSTILE))
    for (const kind of ["hostile", "hostile-throw"])
      expect(await submit(kind, { value }), `${kind}: ${value}`).toMatchObject({ state: "failed" });
  await lives();
  // Cut, and not dropped as a line that is too long for the log.
  expect(logged("a long stack")).toBe(2);
  // What fails to be written down is an error of ours.
  expect(log).not.toContain("node_modules/pino");
});

test.each(WAYS)("a listener for the end of a task that throws by a stray %s ends nobody else", async (way) => {
  const { id } = await call("/v1/tasks", { kind: "in-listener", input: { way } });
  const hears = async () => wireTask.parse(await (await fetch(`${url}/v1/tasks/${id}`)).json()).progress.message;
  await expect.poll(hears).toBe("listening");
  expect(await call(`/v1/tasks/${id}/cancel`)).toMatchObject({ state: "cancelled" });
  await lives();
});

test("what a kind leaves behind while it presents, replies or cleans up does not end the process", async () => {
  const conversation = { alias: "stray" };
  for (const way of WAYS)
    expect(await submit("in-words", { way }, { conversation })).toMatchObject({ state: "completed" });
  expect(await submit("in-cleanup", { way: "timer" })).toMatchObject({ state: "failed" });
  await expect.poll(() => [logged("stray reply"), logged("stray cleanup")]).toEqual([WAYS.length, 1]);
  await lives();
});

test("what a kind's schema and its binding leave behind does not end the process, whoever submits", async () => {
  for (const way of WAYS) expect(await submit("in-schema", { way })).toMatchObject({ state: "completed" });
  await expect.poll(() => logged("stray bind")).toBe(WAYS.length);
  for (const field of ["refined", "transformed"]) {
    const body = JSON.stringify({ kind: "in-a-schema-that-waits", input: { [field]: 1 } });
    const answer = await fetch(`${url}/v1/tasks`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    });
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining("waits for something")]);
  }
  await expect.poll(() => [logged("stray refinement"), logged("stray transformation")]).not.toContain(0);
  await lives();
});
