/** Many readers of one log over the Shannon API: what they cost the store, and the memory. */
import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { z } from "zod";
import { SystemClock } from "../../src/engine/clock.ts";
import { CrashMemory } from "../../src/engine/embedded/crash/crash-record.ts";
import { EmbeddedEngine } from "../../src/engine/embedded/embedded-engine.ts";
import { Ids } from "../../src/engine/ids.ts";
import { StoreFaults } from "../../src/engine/suite/store-faults.ts";
import { defineHandler } from "../../src/index.ts";
import { FROM_THE_START, type ResumePoint, wantedBy } from "../../src/lenses/shannon/frames.ts";
import { framesOf } from "../../src/lenses/shannon/stream-routes.ts";
import { openSqliteStore } from "../../src/store/sqlite/store.ts";
import { type Principal, SCOPES } from "../../src/task/principal.ts";
import { createVerbs } from "../../src/verbs/implementation/create-verbs.ts";

const ADA: Principal = { tenant: "acme", user: "ada", scopes: new Set(SCOPES), keyId: "key_ada" };
const EVENTS = 600;
const READERS = 30;
/** Of at most 256 events each. */
const PAGES = 3;

const talker = defineHandler({
  kind: "talker",
  input: z.strictObject({}),
  run: async (ctx) => {
    for (let n = 0; n < EVENTS; n++) ctx.emit({ type: "own.said", data: { n } });
    return null;
  },
});

test("streams of an ended task that are read side by side ask the store for each page of its log once, and send the same bytes", async () => {
  const faults = new StoreFaults(await openSqliteStore(":memory:"));
  const store = faults.plugIn();
  const ids = new Ids(randomBytes);
  const parts = { store, clock: new SystemClock(), ids, random: Math.random };
  const log = { warn: () => {} };
  const record = new CrashMemory().next();
  const engine = new EmbeddedEngine({ ...parts, handlers: [talker], limits: { concurrency: 1 }, record, log });
  await engine.start();
  const { tasks } = createVerbs({ ...parts, engine });
  const { id } = (await tasks.submit(ADA, "shannon", { kind: "talker", input: {} })).task;
  const signal = AbortSignal.timeout(60_000);
  const task = await tasks.settled(ADA, id, 60_000, signal);
  expect(task.state).toBe("completed");

  faults.refuse(1_000, "events", new Error("The store was asked for more of the log."), PAGES);
  const read = async (from: ResumePoint = FROM_THE_START, types?: string) => {
    const read: (Buffer | string)[] = [];
    for await (const frames of framesOf(tasks, ADA, task, from, wantedBy(types), signal)) read.push(frames);
    return read;
  };
  const some = "STATUS_UPDATE";
  const [first, resumed, behind, chosen, ...others] = await Promise.all([
    read(),
    read({ at: task.createdAt - 1, seq: 1 }),
    read({ at: null, seq: 16 }),
    read(FROM_THE_START, some),
    ...Array.from({ length: READERS }, () => read()),
  ]);
  expect(first).toHaveLength(PAGES);
  for (const each of [resumed, ...others])
    for (const [at, frame] of (each ?? []).entries()) expect(frame).toBe(first?.[at]);
  const text = String(first?.join(""));
  expect(text.match(/^id: /gm)?.length).toBeGreaterThan(EVENTS / 2);
  expect(behind?.join("")).toBe(text.slice(text.indexOf("\n\n") + 2));
  const isChosen = (frame: string) => [some, "done"].some((name) => frame.includes(`\nevent: ${name}\n`));
  expect(chosen?.join("").split("\n\n")).toEqual([...text.split("\n\n").filter(isChosen), ""]);
  await expect(read()).rejects.toThrow("asked for more");

  await engine.stop(1_000);
  await faults.close();
});
