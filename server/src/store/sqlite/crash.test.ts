/** What survives a process that is killed, and who may open its folder meanwhile. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";
import { Refusal } from "../../task/errors.ts";
import { openSqliteStore } from "./store.ts";

/** Submits from many callers without end and prints each id once it is acknowledged. */
const SUBMITTER = fileURLToPath(new URL("./submitter.suite.ts", import.meta.url));

let child: ChildProcess | null = null;
let folder = "";
afterEach(async () => {
  child?.kill("SIGKILL");
  await rm(folder, { recursive: true, force: true });
});

test("what was acknowledged before a kill is there, whole, and the folder is free at once", async () => {
  folder = await mkdtemp(path.join(tmpdir(), "waybill-crash-"));
  for (const acknowledgedMin of [1, 500]) {
    const { pid, acknowledged } = await submitUntil(folder, acknowledgedMin, async (pid) => {
      const refused: unknown = await openSqliteStore(folder).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(Refusal);
      expect(String(refused)).toContain(`process ${pid}`);
    });
    expect(acknowledged.length, `process ${pid}`).toBeGreaterThanOrEqual(acknowledgedMin);
    const store = await openSqliteStore(folder);
    const kept = await store.tasks(acknowledged);
    expect(kept.map(({ id }) => id)).toEqual(acknowledged);
    for (const { id, input } of kept.filter((_, index) => index % 50 === 0)) {
      expect(input).toMatchObject({ id });
      expect(await store.events(id, 0, 10)).toHaveLength(1);
    }
    expect(await store.check()).toEqual([]);
    await store.close();
  }
});

/** Kills the submitter with SIGKILL once it has acknowledged so many, and returns all that it had printed by then. */
async function submitUntil(folder: string, count: number, meanwhile: (pid: number) => Promise<void>) {
  child = spawn(process.execPath, [SUBMITTER, folder], { stdio: ["ignore", "pipe", "inherit"] });
  const { stdout, pid } = child;
  if (!stdout || pid === undefined) throw new Error("The submitter did not start.");
  const exited = once(child, "exit");
  const acknowledged: string[] = [];
  for await (const line of createInterface({ input: stdout })) {
    acknowledged.push(line);
    if (acknowledged.length === 1) await meanwhile(pid);
    if (acknowledged.length === count) child.kill("SIGKILL");
  }
  await exited;
  return { pid, acknowledged: acknowledged.filter((id) => id.length === 31) };
}
