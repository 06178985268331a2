/** A data folder on a disk that is full: a real one, made small, where the machine lets tests mount one. */
import { execFileSync, spawn } from "node:child_process";
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statfsSync,
  writeSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import * as wire from "../src/lenses/native/schema.ts";
import { why as whySchema } from "../src/lenses/native/why-schema.ts";
import { openDatabase } from "../src/store/sqlite/database.ts";
import { fixture } from "../src/store/sqlite/fixture.suite.ts";
import { DATABASE_FILE } from "../src/store/sqlite/folder.ts";
import { defineHandler } from "../src/task/handler.ts";
import { ended, spawnWaybill, waybillArgs } from "./command.ts";
import { providersAt, startProviderServer } from "./providers/provider-server.ts";
import { startTestServer, type TestServer } from "./server.ts";

const DISK_BYTES = 8 << 20;
const disk = mkdtempSync(join(tmpdir(), "waybill-full-disk-"));
const data = join(disk, "data");
const filler = join(disk, "filler");
const canMount = mounts();

function mounts(): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${DISK_BYTES}`, "tmpfs", disk], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** Takes all the room that is left, block by block: the server writes meanwhile. */
function fill(): void {
  const block = Buffer.alloc(statfsSync(disk).bsize);
  const file = openSync(filler, "a");
  try {
    for (;;) writeSync(file, block);
  } catch (error) {
    expect(error).toMatchObject({ code: "ENOSPC" });
  } finally {
    closeSync(file);
  }
}

function makeRoom(): void {
  rmSync(filler, { force: true });
}

/** The bytes that lie in the folder of a server's files, finished and not. */
function filesIn(folder: string): string[] {
  const entries = readdirSync(join(folder, "files"), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
}

async function expectRefused(answer: Response): Promise<void> {
  expect([answer.status, await answer.text()]).toEqual([503, expect.stringMatching(/disk|room/i)]);
  expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
}

let done = Promise.withResolvers<void>();
let bodies = 0;
const paid = defineHandler({
  kind: "paid",
  input: z.json(),
  run: (ctx) =>
    ctx.step("ask", async () => {
      bodies += 1;
      await done.promise;
      return "x".repeat(20_000);
    }),
});

const judge = { model: "gateway:judge", detector: "offline" as const, whenDown: "closed" as const };
const start = (providers: ReturnType<typeof providersAt> | null = null): Promise<TestServer> =>
  startTestServer({
    data,
    config: { handlers: [paid], ...(providers && { models: { providers }, guardrails: { hap: { ...judge } } }) },
  });

async function submit(server: TestServer, kind = "agent", wait = 0): Promise<Response> {
  const input = kind === "agent" ? { query: "What is 2 + 2?" } : {};
  return server.call(`/v1/tasks?wait=${wait}`, { method: "POST", json: { kind, input } });
}

function versionOf(folder: string): unknown {
  const db = openDatabase(join(folder, DATABASE_FILE));
  const version = db.pragma("user_version", { simple: true });
  db.close();
  return version;
}

/** A port that nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** Submits until the disk takes no more. */
async function submitUntilRefused(server: TestServer): Promise<Response> {
  for (let n = 0; n < 2_000; n++) {
    const answer = await submit(server);
    if (answer.status !== 202) return answer;
  }
  throw new Error("The disk was never full.");
}

describe.skipIf(!canMount)("on a full disk", () => {
  beforeAll(() => makeRoom());
  afterAll(() => {
    execFileSync("umount", ["-l", disk]);
    rmSync(disk, { recursive: true, force: true });
  });

  it("a start serves what is there, and refuses writes with the time to come back, until there is room", async () => {
    const first = await start();
    const { id } = wire.task.parse(await (await submit(first, "agent", 10)).json());
    await first.stop();
    // As the last connection of a clean end leaves it: without the file that even a reader needs.
    const db = openDatabase(join(data, DATABASE_FILE));
    db.prepare("SELECT count(*) FROM tasks").get();
    db.close();
    fill();
    const second = await start();
    const refused = await submitUntilRefused(second);
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    for (const path of ["/v1/tasks", `/v1/tasks/${id}`, `/v1/tasks/${id}/events`, "/v1/tasks?q=2", "/health"])
      expect([path, (await second.call(path)).status]).toEqual([path, 200]);
    makeRoom();
    await expect.poll(async () => (await submit(second, "agent", 10)).ok).toBe(true);
    await second.stop();
  });

  it("a start that would make or change a database says that there is no room, leaves what there was, and starts once there is", async () => {
    const older = join(disk, "older");
    mkdirSync(older);
    cpSync(fixture(1), join(older, DATABASE_FILE));
    const fresh = join(disk, "fresh");
    for (const folder of [fresh, older]) {
      fill();
      const flags = ["dev", "--data", folder, "--port", `${await freePort()}`, "--lens-port", "none"];
      const { code, talk } = await ended(spawnWaybill(flags));
      expect(code).toBe(1);
      expect(talk).toContain(folder);
      expect(talk).toContain("the disk takes no writes");
      if (folder === fresh) expect(existsSync(fresh)).toBe(false);
      makeRoom();
      if (folder === older) expect(versionOf(folder)).toBe(1);
      const server = await startTestServer({ data: folder });
      expect((await server.call("/v1/tasks")).status).toBe(200);
      await server.stop();
      rmSync(folder, { recursive: true });
    }
  });

  it.each([
    ["Waybill's own API", "/v1/files"],
    ["the documents API", "/documents/v1/files"],
  ])(
    "an upload by %s is refused with the time to come back, leaves nothing, and comes in once there is room",
    async (_, path) => {
      makeRoom();
      const server = await start();
      const upload = (bytes: number, name: string) => {
        const form = new FormData();
        form.append("purpose", "assistants");
        form.append("file", new File(["x".repeat(bytes)], name, { type: "text/plain" }));
        return server.call(path, { method: "POST", body: form });
      };
      const listed = async () => [await (await server.call(path)).text(), filesIn(data)];
      const before = await listed();
      // Larger than the disk, so that it breaks off in the middle, and one that finds no room for its first byte.
      const inTheMiddle = await upload(DISK_BYTES, "large.txt");
      await expectRefused(inTheMiddle);
      expect(await listed()).toEqual(before);
      fill();
      await submitUntilRefused(server);
      await expectRefused(await upload(200_000, "small.txt"));
      expect((await listed())[1]).toEqual(before[1]);
      makeRoom();
      await expect.poll(async () => (await upload(200_000, "small.txt")).ok).toBe(true);
      expect(await (await server.call(path)).text()).toContain("small.txt");
      await server.stop();
    },
  );

  it("what a step has returned is committed once there is room, and its body does not run again", async () => {
    done = Promise.withResolvers();
    bodies = 0;
    const server = await start();
    const { id } = wire.task.parse(await (await submit(server, "paid")).json());
    await expect.poll(() => bodies).toBe(1);
    fill();
    await submitUntilRefused(server);
    done.resolve();
    const read = async () => wire.task.parse(await (await server.call(`/v1/tasks/${id}`)).json());
    const inFlight = async () => whySchema.parse(await (await server.call(`/v1/tasks/${id}/why`)).json()).running;
    await expect.poll(inFlight).toEqual([]);
    // What is refused now comes after the result of the step, which was refused as well.
    await submitUntilRefused(server);
    expect((await read()).state).toBe("running");
    makeRoom();
    await expect.poll(async () => (await read()).state).toBe("completed");
    expect(bodies).toBe(1);
    await server.stop();
  });

  it("what a request has paid is in the sums once there is room, though the server was stopped on the full disk", async () => {
    makeRoom();
    const provider = await startProviderServer();
    const usage = { input: 100, output: 10 };
    const server = await start(providersAt(provider));
    const check = { text: "You fool.", in: "input", guardrails: { hap: { input: { enabled: true, threshold: 0.5 } } } };
    fill();
    await submitUntilRefused(server);
    provider.script({ kind: "answer", text: '{"findings":[]}', usage });
    expect((await server.call("/v1/guardrails/check", { json: check })).status).toBe(200);
    const counted = async (of: TestServer) => {
      const answer = await of.call("/v1/usage?model=judge");
      return z.object({ total: z.object({ calls: z.number(), input_tokens: z.number() }) }).parse(await answer.json())
        .total;
    };
    expect((await counted(server)).calls).toBe(0);
    await server.stop();
    makeRoom();
    for (let time = 1; time <= 2; time++) {
      const again = await start(providersAt(provider));
      await expect.poll(() => counted(again)).toEqual({ calls: 1, input_tokens: 100 });
      await again.stop();
    }
    await provider.close();
  });
});

it.skipIf(!existsSync("/dev/full"))("a server goes on though nothing that it says can be written", async () => {
  const folder = mkdtempSync(join(tmpdir(), "waybill-mute-"));
  const port = await freePort();
  const full = openSync("/dev/full", "w");
  const flags = ["dev", "--data", folder, "--port", `${port}`, "--lens-port", "none"];
  const child = spawn(process.execPath, [...waybillArgs(), ...flags], { stdio: ["ignore", "ignore", full] });
  closeSync(full);
  const exited = new Promise((resolve) => child.on("exit", resolve));
  const health = () =>
    fetch(`http://127.0.0.1:${port}/health`).then(
      ({ status }) => status,
      () => 0,
    );
  await expect.poll(health).toBe(200);
  child.kill("SIGTERM");
  expect(await exited).toBe(0);
  rmSync(folder, { recursive: true, force: true });
});
