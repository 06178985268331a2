import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Principal } from "../../task/principal.ts";
import { ada, admin, never, Stage, stranger } from "../suite/stage.ts";

let stage: Stage;
beforeEach(async () => {
  stage = await Stage.open();
});
afterEach(() => stage.close());

/** Comes with no key of the store, as a developer does. */
const worker = { ...admin, user: "worker", scopes: new Set(["work"] as const), keyId: "development" };
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
});

it("answers the same outcome of the same attempt with the task as it is, and refuses another one", async () => {
  const { work } = stage.verbs;
  const completed = await stage.submit("external");
  await work.claim(worker, claim, never);
  const once = await work.complete(worker, completed, done);
  expect(await work.complete(worker, completed, done)).toEqual(once);
  for (const other of [
    { ...done, output: "other" },
    { ...done, worker: "w2" },
    { ...done, attempt: 2 },
  ])
    await expect(work.complete(worker, completed, other)).rejects.toMatchObject({ code: "fenced" });
  await expect(work.fail(worker, completed, { ...done, error, retryable: true })).rejects.toMatchObject({
    code: "fenced",
    message: expect.stringContaining("was handed in, in another way"),
  });

  const failed = await stage.submit("external", { retry: { attempts: 2, backoffMs: 1_000 } });
  await work.claim(worker, claim, never);
  const failure = { ...done, error, retryable: true };
  const waiting = await work.fail(worker, failed, failure);
  expect(await work.fail(worker, failed, failure)).toEqual(waiting);
  await expect(work.complete(worker, failed, done)).rejects.toMatchObject({ code: "fenced" });
  await stage.clock.advance(60_000, () => new Promise((resolve) => setImmediate(resolve)));
  expect(await work.fail(worker, failed, failure)).toMatchObject({ state: "waiting", failures: 1 });
});

it("takes the outcome of work that nobody has claimed, once, of whom it belongs to", async () => {
  const { work } = stage.verbs;
  const id = await stage.submit("external");
  const own = { ...ada, scopes: new Set([...ada.scopes, "work" as const]) };
  await expect(work.deliver(ada, id, { worker: "w1", output: 1 })).rejects.toMatchObject({ code: "forbidden" });
  await expect(work.deliver(worker, id, { worker: "w1", output: 1 })).rejects.toMatchObject({ code: "not_found" });
  const delivered = await work.deliver(own, id, { worker: "w1", output: 1 });
  expect(delivered).toMatchObject({ state: "completed", output: 1, attempt: 1, lastClaim: { worker: "w1" } });
  expect(await work.claim(worker, claim, never)).toEqual([]);
  await expect(work.deliver(own, id, { worker: "w1", output: 2 })).rejects.toMatchObject({
    code: "not_allowed_in_state",
  });

  const held = await stage.submit("external");
  await work.claim(worker, claim, never);
  await expect(work.deliver(own, held, { worker: "w1", output: 1 })).rejects.toMatchObject({
    code: "not_allowed_in_state",
  });
  const failed = await stage.submit("external");
  expect(await work.deliver(own, failed, { worker: "w1", error })).toMatchObject({ state: "failed", error });
});

it("takes one outcome that is sent twice at the same moment", async () => {
  const id = await stage.submit("external");
  const { work } = stage.verbs;
  await work.claim(worker, claim, never);
  const both = await Promise.all([work.complete(worker, id, done), work.complete(worker, id, done)]);
  expect(both).toMatchObject([{ state: "completed" }, { state: "completed" }]);
  expect(both[0]?.revision).toBe(both[1]?.revision);
});

it("takes what a worker hands in after its lease ran out, as long as nobody has claimed the task since", async () => {
  const { work } = stage.verbs;
  const settle = () => new Promise<void>((resolve) => setImmediate(resolve));
  const late = await stage.submit("external");
  await work.claim(worker, claim, never);
  await stage.clock.advance(31_000, settle);
  await expect(work.heartbeat(worker, late, { ...done, leaseMs: 1_000 })).rejects.toMatchObject({
    code: "fenced",
    message: expect.stringContaining("nobody has claimed it since: hand in what is done, or claim it again"),
  });
  expect(await work.complete(worker, late, done)).toMatchObject({ state: "completed", output: "done" });
  expect(await work.claim(worker, claim, never)).toEqual([]);

  const taken = await stage.submit("external");
  await work.claim(worker, claim, never);
  await stage.clock.advance(31_000, settle);
  await work.claim(worker, { ...claim, worker: "w2" }, never);
  await expect(work.heartbeat(worker, taken, { ...done, leaseMs: 1_000 })).rejects.toMatchObject({
    message: expect.stringContaining("attempt 1 of worker w1 does not hold it"),
  });
  await expect(work.complete(worker, taken, done)).rejects.toMatchObject({ code: "fenced" });
  expect(await work.complete(worker, taken, { ...done, worker: "w2", attempt: 2 })).toMatchObject({
    state: "completed",
  });
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

/** A key of the store that may work, and who comes with it. */
async function withKey(fields: { expiresAt?: number } = {}): Promise<Principal> {
  const { keys } = stage.verbs;
  const { secret } = await keys.create(admin, { name: "worker", scopes: ["work"], ...fields });
  const found = await keys.authenticate(secret);
  if (found === null || found === "ended") throw new Error("The key is no key.");
  return found.principal;
}

it("gives a lease to a key: another one, also of the same user, neither keeps it nor hands it in", async () => {
  const id = await stage.submit("external");
  const { work, keys } = stage.verbs;
  const [holder, other] = [await withKey(), await withKey()];
  await work.claim(holder, claim, never);
  const asOther = () => [
    work.heartbeat(other, id, { ...done, leaseMs: 60_000 }),
    work.complete(other, id, done),
    work.fail(other, id, { ...done, error, retryable: false }),
  ];
  for (const each of asOther()) await expect(each).rejects.toMatchObject({ code: "fenced" });
  // A key that was given another secret is the same one.
  const { secret } = await keys.rotate(admin, holder.keyId, 0);
  const found = await keys.authenticate(secret);
  if (found === null || found === "ended") throw new Error("The key is no key.");
  await work.heartbeat(found.principal, id, { ...done, leaseMs: 1_000 });
  await stage.clock.advance(1_000, async () => {});
  for (const each of asOther()) await expect(each).rejects.toMatchObject({ code: "fenced" });
  expect(await work.complete(found.principal, id, done)).toMatchObject({ state: "completed" });
  for (const each of asOther()) await expect(each).rejects.toMatchObject({ code: "fenced" });
});

it("offers within a second what a key holds that was revoked, by whichever process, or has expired", async () => {
  const { work } = stage.verbs;
  const { clock, store } = stage;
  const settled = async () => {
    for (let turns = 0; turns < 10; turns++) await nextTurn();
  };
  const next = await withKey();
  for (const how of ["revoked", "expired"]) {
    const id = await stage.submit("external");
    const expiresAt = clock.now() + 60_000;
    const holder = await withKey(how === "expired" ? { expiresAt } : {});
    await work.claim(holder, { ...claim, leaseMs: 3_600_000 }, never);
    await clock.advance(50_000, settled);
    expect(await work.claim(next, claim, never)).toEqual([]);
    const audit = { tenant: "acme", at: 1, user: "root", keyId: "k", act: "x", task: null, origin: null, detail: {} };
    if (how === "revoked") await store.keys.revoke({ tenant: "acme", id: holder.keyId }, clock.now(), audit);
    await clock.advance(how === "revoked" ? 1_000 : 11_000, settled);
    expect(await work.claim(next, claim, never)).toMatchObject([{ id, attempt: 2 }]);
    await work.complete(next, id, { ...done, attempt: 2 });
  }
});
