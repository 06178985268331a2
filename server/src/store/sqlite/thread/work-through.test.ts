/** Which calls make a batch. */
import { once } from "node:events";
import { MessageChannel } from "node:worker_threads";
import { afterEach, expect, test, vi } from "vitest";
import { workThrough } from "./work-through.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

const said = (count: number) => `[${Array(count).fill('["say", null]').join(",")}]`;

/**
 * The sizes of batches, where so many calls come during the first one, so many within the time in which callers return, and so many
 * long after; `isEnding`: the end comes during the first one.
 */
async function batches({ first = 20, during = 0, returning = 0, later = 0, isEnding = false, commitMs = 0 }) {
  const { port1, port2 } = new MessageChannel();
  const sizes: number[] = [];
  let now = 1_000;
  vi.spyOn(performance, "now").mockImplementation(() => now);
  const waits = vi.spyOn(Atomics, "wait").mockReturnValue("timed-out");
  waits.mockImplementationOnce(() => {
    if (returning > 0) port1.postMessage(said(returning));
    return "timed-out";
  });
  workThrough(port2, {
    commitMs,
    batch: (calls) => {
      if (sizes.length === 0 && during > 0) port1.postMessage(said(during));
      if (sizes.length === 0 && isEnding) port1.postMessage(null);
      sizes.push(calls.length);
      return calls.map(() => ({ answer: null }));
    },
    close: () => {},
  });
  let answered = 0;
  port1.on("message", (answers: string | null) => {
    if (answers === null) return;
    answered += JSON.parse(answers).length;
    if (answered === first && later > 0) {
      now += 1_000;
      port1.postMessage(said(later));
    }
    if (answered >= first + during + later) port1.postMessage(null);
  });
  port1.postMessage(said(first));
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
  expect(await batches({ first: 64, commitMs: 0.1 })).toEqual({ sizes: [32, 32], waits: [] });
});

test("whoever has come during a batch has had no answer of it, and whoever has come back is no longer away", async () => {
  expect(await batches({ first: 64, during: 20, commitMs: 0.1 })).toEqual({ sizes: [32, 42, 10], waits: [] });
  expect(await batches({ first: 32, later: 40, commitMs: 0.1 })).toEqual({ sizes: [16, 16, 20, 20], waits: [] });
});

test("answers go out before what has come meanwhile is read, which may be megabytes", async () => {
  const { port1, port2 } = new MessageChannel();
  const done: string[] = [];
  const parse = JSON.parse;
  vi.spyOn(JSON, "parse").mockImplementation((text) => {
    done.push(`read ${text.length}`);
    return parse(text);
  });
  vi.spyOn(port2, "postMessage").mockImplementation(() => void done.push("answered"));
  const [first, large] = [said(1), said(9)];
  let batch = 0;
  workThrough(port2, {
    commitMs: 0,
    batch: (calls) => {
      if (++batch === 1) for (const message of [large, null]) port1.postMessage(message);
      return calls.map(() => ({ answer: null }));
    },
    close: () => port1.close(),
  });
  port1.postMessage(first);
  await once(port1, "close");
  expect(done).toEqual([`read ${first.length}`, "answered", `read ${large.length}`, "answered", "answered"]);
});

test("whoever comes long after many have had their answers waits for none of them, and neither does the end", async () => {
  expect(await batches({ later: 1, commitMs: 1 })).toEqual({ sizes: [20, 1], waits: [] });
  expect(await batches({ during: 5, isEnding: true, commitMs: 1 })).toEqual({ sizes: [20, 5], waits: [] });
});
