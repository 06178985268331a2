import type { IncomingMessage } from "node:http";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Event } from "./generated/api.ts";
import { frame, frames, json, problem, type RawServer, type Reply, rawServer } from "./raw-server.fixture.ts";
import { Waybill } from "./waybill.ts";

const END = frame(4, "task.completed");

function lastEventIds({ requests }: RawServer): (string | string[] | undefined)[] {
  return requests.map(({ request }) => request.headers["last-event-id"]);
}

async function collect(server: RawServer, after = 0): Promise<number[]> {
  const seen: number[] = [];
  for await (const event of new Waybill({ baseUrl: server.url }).task("task_1").stream({ after })) seen.push(event.seq);
  return seen;
}

describe("a task's stream", () => {
  it("ends after the terminal event, though the connection stays", async () => {
    const server = await rawServer(frames([frame(1), frame(2), frame(3), END], "stay"));
    await expect(collect(server)).resolves.toEqual([1, 2, 3, 4]);
    expect(server.requests).toHaveLength(1);
  });

  it("goes on where a connection was cut, in the middle of an event or between two", async () => {
    const server = await rawServer(
      frames([frame(1), frame(2).slice(0, 30)], "cut"),
      frames([frame(2)], "cut"),
      frames([frame(3), END], "end"),
    );
    await expect(collect(server)).resolves.toEqual([1, 2, 3, 4]);
    expect(lastEventIds(server)).toEqual(["0", "1", "2"]);
  });

  it("begins after the event that the caller has", async () => {
    const server = await rawServer(frames([frame(3), END], "stay"));
    await expect(collect(server, 2)).resolves.toEqual([3, 4]);
    expect(lastEventIds(server)).toEqual(["2"]);
  });

  it("drops what comes twice", async () => {
    const server = await rawServer(
      frames([frame(1), frame(2)], "cut"),
      frames([frame(1), frame(2), frame(2), frame(3), END], "end"),
    );
    await expect(collect(server)).resolves.toEqual([1, 2, 3, 4]);
  });

  it("connects again when an event is missing", async () => {
    const server = await rawServer(frames([frame(1), frame(3)], "stay"), frames([frame(2), frame(3), END], "stay"));
    await expect(collect(server)).resolves.toEqual([1, 2, 3, 4]);
    expect(lastEventIds(server)).toEqual(["0", "1"]);
  });

  it("skips heartbeats and frames that are no event of the log", async () => {
    const done = 'event: done\ndata: {"task_id":"task_1","state":"completed"}\n\n';
    const server = await rawServer(frames([": hello\n\n", frame(1), ": x\n\n", done, frame(2), frame(3), END], "end"));
    await expect(collect(server)).resolves.toEqual([1, 2, 3, 4]);
  });

  it("waits out a server that is starting again", async () => {
    const server = await rawServer(
      frames([frame(1)], "cut"),
      problem(503, "unavailable"),
      (request) => void request.socket.destroy(),
      frames([frame(2), frame(3), END], "end"),
    );
    await expect(collect(server)).resolves.toEqual([1, 2, 3, 4]);
  });

  it("looks whether the task has ended when a stream ends without a terminal event", async () => {
    const server = await rawServer(
      frames([frame(1)], "end"),
      json(200, { state: "running", last_event: 1 }),
      frames([], "end"),
      json(200, { state: "completed", last_event: 1 }),
    );
    await expect(collect(server)).resolves.toEqual([1]);
  });

  it("gives a connection up that has fallen silent", async () => {
    const server = await rawServer(frames([frame(1)], "stay"), frames([frame(2), frame(3), END], "stay"));
    const seen: number[] = [];
    const task = new Waybill({ baseUrl: server.url }).task("task_1");
    for await (const { seq } of task.stream({ silenceMs: 100 })) seen.push(seq);
    expect(seen).toEqual([1, 2, 3, 4]);
  });

  it("loses nothing and repeats nothing wherever the connection is cut", async () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const cuts = fc.sample(fc.integer({ min: 0, max: 700 }), { numRuns: 10, seed });
    const log = Array.from({ length: 40 }, (_, index) =>
      frame(index + 1, index === 39 ? "task.completed" : "word.said"),
    );
    const from = (request: IncomingMessage): string => log.slice(Number(request.headers["last-event-id"])).join("");
    const server = await rawServer(
      frames([], "cut"),
      ...cuts.map(
        (bytes): Reply =>
          (request, response) =>
            frames([from(request).slice(0, bytes)], "cut")(request, response),
      ),
      (request, response) => frames([from(request)], "stay")(request, response),
    );
    await expect(collect(server), `seed ${seed}, cuts ${cuts}`).resolves.toEqual(log.map((_, index) => index + 1));
  });

  it("rejects with what the server refuses", async () => {
    const server = await rawServer(problem(404, "not_found"));
    await expect(collect(server)).rejects.toMatchObject({ code: "not_found" });
    expect(server.requests).toHaveLength(1);
  });

  it("rejects when the answer is something else", async () => {
    const server = await rawServer(json(200, {}));
    await expect(collect(server)).rejects.toMatchObject({ code: "protocol" });
  });

  it("closes its connection when the caller leaves the loop", async () => {
    const left = Promise.withResolvers<void>();
    const open: Reply = (request, response) => {
      response.on("close", left.resolve);
      frames([frame(1), frame(2)], "stay")(request, response);
    };
    const server = await rawServer(open);
    for await (const _event of new Waybill({ baseUrl: server.url }).task("task_1").stream()) break;
    await left.promise;
  });

  it("rejects with the caller's reason when the caller stops it", async () => {
    const reason = new Error("enough");
    const stop = new AbortController();
    const server = await rawServer(frames([frame(1)], "stay"));
    const seen: Event[] = [];
    const all = (async () => {
      for await (const event of new Waybill({ baseUrl: server.url }).task("task_1").stream({ signal: stop.signal })) {
        seen.push(event);
        stop.abort(reason);
      }
    })();
    await expect(all).rejects.toBe(reason);
    expect(seen).toHaveLength(1);
  });
});
