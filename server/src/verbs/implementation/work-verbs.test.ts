import { afterEach, beforeEach, expect, it } from "vitest";
import { ada, admin, never, Stage, stranger } from "../suite/stage.ts";

let stage: Stage;
beforeEach(async () => {
  stage = await Stage.open();
});
afterEach(() => stage.close());

const worker = { ...admin, user: "worker", scopes: new Set(["work"] as const) };
const claim = { worker: "w1", queue: "gpu", max: 5, leaseMs: 30_000, waitMs: 0 };
const done = { worker: "w1", attempt: 1, output: "done" };
const error = { code: "broken", message: "The machine broke." };

it("lets nobody claim, keep or end work without the scope for it", async () => {
  const id = await stage.submit("external");
  const { work } = stage.verbs;
  const refused = [
    work.claim(ada, claim, never),
    work.heartbeat(ada, id, { ...done, leaseMs: 1_000 }),
    work.complete(ada, id, done),
    work.fail(ada, id, { ...done, error, retryable: true }),
  ];
  for (const each of refused) await expect(each).rejects.toMatchObject({ code: "forbidden" });
});

it("gives a worker any user's work of its tenant, of which it knows only what is held", async () => {
  const id = await stage.submit("external");
  const { work } = stage.verbs;
  await expect(work.complete(worker, id, done)).rejects.toMatchObject({ code: "not_found" });
  expect(await work.claim(stranger, claim, never)).toEqual([]);
  expect(await work.claim(worker, claim, never)).toMatchObject([{ id, attempt: 1, lease: { worker: "w1" } }]);
  await expect(work.complete(stranger, id, done)).rejects.toMatchObject({ code: "not_found" });
  await expect(work.complete(worker, id, { ...done, worker: "w2" })).rejects.toMatchObject({ code: "fenced" });
  await expect(work.complete(worker, id, { ...done, attempt: 2 })).rejects.toMatchObject({ code: "fenced" });
  expect(await work.complete(worker, id, done)).toMatchObject({ state: "completed", output: "done" });
  await expect(work.complete(admin, id, done)).rejects.toMatchObject({ code: "fenced" });
});

it("keeps the lease and the progress of a worker that says that it lives", async () => {
  const id = await stage.submit("external");
  const { work } = stage.verbs;
  await work.claim(worker, claim, never);
  await stage.clock.advance(20_000, async () => {});
  const beat = { worker: "w1", attempt: 1, leaseMs: 30_000, progress: { fraction: 0.5, message: "half" } };
  expect(await work.heartbeat(worker, id, beat)).toMatchObject({
    progress: 0.5,
    lease: { worker: "w1", until: stage.clock.now() + 30_000 },
  });
});

it("offers failed work again after a delay while it has tries left, and fails it after the last", async () => {
  const id = await stage.submit("external", { retry: { attempts: 2, backoffMs: 1_000 } });
  const { work } = stage.verbs;
  await work.claim(worker, claim, never);
  const failed = { ...done, error, retryable: true };
  const waiting = await work.fail(worker, id, failed);
  expect(waiting).toMatchObject({ state: "waiting", waits: [{ on: "retry", until: stage.clock.now() + 750 }] });
  const next = work.claim(worker, { ...claim, waitMs: 60_000 }, never);
  await stage.clock.advance(1_000, () => new Promise((resolve) => setImmediate(resolve)));
  expect(await next).toMatchObject([{ id, attempt: 2 }]);
  expect(await work.fail(worker, id, { ...failed, attempt: 2 })).toMatchObject({ state: "failed", error });
});
