/** Which calls make a batch. */
import { once } from "node:events";
import { MessageChannel } from "node:worker_threads";
import { afterEach, expect, test, vi } from "vitest";
import { workThrough } from "./work-through.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

const said = (count: number) => `[${Array(count).fill('["say", null]').join(",")}]`;

/** The sizes of batches, where so many calls come during the first one, and so many within the time in which callers return. */
async function batches({ first = 20, during = 0, returning = 0, commitMs = 0 }) {
  const { port1, port2 } = new MessageChannel();
  const sizes: number[] = [];
  const waits = vi.spyOn(Atomics, "wait").mockReturnValue("timed-out");
  waits.mockImplementationOnce(() => {
    if (returning > 0) port1.postMessage(said(returning));
    return "timed-out";
  });
  workThrough(port2, {
    commitMs,
    batch: (calls) => {
      if (sizes.length === 0 && during > 0) port1.postMessage(said(during));
      sizes.push(calls.length);
      return calls.map(() => ({ answer: null }));
    },
    close: () => {},
  });
  port1.postMessage(said(first));
  port1.postMessage(null);
  // A port whose messages nobody hears does not say that it is closed.
  port1.on("message", () => {});
  await once(port1, "close");
  return { sizes, waits: waits.mock.calls.map(([, , , ms]) => ms) };
}

test("where a commit is slow, those who have had their answers share the next one with whoever waits", async () => {
  expect(await batches({ during: 5, returning: 20, commitMs: 1 })).toEqual({ sizes: [20, 25], waits: [0.15] });
});

test("nobody is waited for where a commit is quick, nothing else waits, or as many wait as have had their answers", async () => {
  expect(await batches({ during: 5, commitMs: 0.3 })).toEqual({ sizes: [20, 5], waits: [] });
  expect(await batches({ commitMs: 1 })).toEqual({ sizes: [20], waits: [] });
  expect(await batches({ during: 20, commitMs: 1 })).toEqual({ sizes: [20, 20], waits: [] });
});

test("a batch is halved where its commit takes less than its callers take to return", async () => {
  expect(await batches({ first: 64, commitMs: 0.1 })).toEqual({ sizes: [32, 16, 8, 8], waits: [] });
});
