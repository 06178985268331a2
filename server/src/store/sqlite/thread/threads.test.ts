import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Worker } from "node:worker_threads";
import { expect, test } from "vitest";
import { expectStore, openStore } from "../../open.ts";

test("a store that was expected has the threads that were started for it, and no others", async () => {
  const data = mkdtempSync(path.join(tmpdir(), "waybill-"));
  const started: Worker[] = [];
  const note = (worker: Worker) => void started.push(worker);
  process.on("worker", note);
  try {
    await expectStore();
    await nextTurn();
    expect(started).toHaveLength(2);
    const store = await openStore({ data });
    expect(await store.taskNumbered(1)).toBeNull();
    expect(await store.keys.hasAny()).toBe(false);
    // Each start asks so.
    expect((await store.erasures.running("")).erasures).toEqual([]);
    expect(started).toHaveLength(2);
    await store.close();
  } finally {
    process.off("worker", note);
    rmSync(data, { recursive: true });
  }
});
