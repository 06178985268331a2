import { connect } from "node:net";
import { setTimeout as after, setImmediate as nextTurn } from "node:timers/promises";
import fastify from "fastify";
import { pino } from "pino";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { EventStream, Frame } from "../../lenses/lens-parts.ts";
import { Refusal } from "../../task/errors.ts";
import { LATER } from "../../task/events/log-reader.ts";
import { Connections } from "./connections.ts";
import { type Listener, listen } from "./listener.ts";
import { createStreams, type Streams } from "./stream.ts";

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const close of closing.splice(0).toReversed()) await close();
});

const quiet = { headers: {}, opening: "", heartbeat: ": beat\n\n", heartbeatMs: 60_000 };

async function serving(
  stream: Partial<EventStream> & Pick<EventStream, "frames">,
  {
    streamsMax = 5_000,
    ...bounds
  }: { streamsMax?: number; bytesMax?: number; turnOf?: () => Promise<void> | null } = {},
): Promise<{ url: string; port: number; streams: Streams; listener: Listener }> {
  const streams = createStreams({ streamsMax, ...bounds, log: pino({ level: "silent" }) });
  const app = fastify();
  app.decorateRequest("held", false);
  app.setErrorHandler((error, _request, reply) => reply.code(503).send(error instanceof Refusal ? error.code : "bug"));
  app.get("/", async (request, reply) => {
    await streams.stream(request, reply.raw, { ...quiet, ...stream });
    return reply.hijack();
  });
  const listener = await listen(app, {
    hosts: ["127.0.0.1"],
    port: 0,
    headMsMax: 20_000,
    connections: new Connections({ max: 5_000, requestsOfOne: 16, ofKey: null, ofAddress: null }),
  });
  closing.push(async () => {
    streams.close();
    await listener.close(100);
  });
  return { url: `http://127.0.0.1:${listener.port}/`, port: listener.port, streams, listener };
}

/** Frames that a test hands out one by one. */
function tap() {
  const waiting: string[] = [];
  let wake = () => {};
  return {
    push: (frame: string) => {
      waiting.push(frame);
      wake();
    },
    frames: async function* (signal: AbortSignal) {
      signal.addEventListener("abort", () => wake());
      while (!signal.aborted) {
        const frame = waiting.shift();
        if (frame !== undefined) yield frame;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}

const KB_256 = 256 << 10;

function endless(frame: () => string | Buffer) {
  return async function* (signal: AbortSignal) {
    while (!signal.aborted) yield frame();
  };
}

/** A reader that asks and then takes nothing. */
function unread(port: number) {
  const socket = connect({ port, host: "127.0.0.1" });
  socket.on("error", () => {});
  socket.pause();
  socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  return socket;
}

async function* from(frames: string[]) {
  yield* frames;
}

describe("an event stream", () => {
  it("sends its opening and its frames as they come, then ends", async () => {
    const { url } = await serving({ opening: "retry: 1\n\n", frames: () => from(["id: 1\n\n", "id: 2\n\n"]) });
    const response = await fetch(url);
    expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    expect(response.headers.get("cache-control")).toBe("no-cache, no-transform");
    expect(await response.text()).toBe("retry: 1\n\nid: 1\n\nid: 2\n\n");
  });

  it("answers HEAD with its headers alone, and takes no turn of those that open", async () => {
    let turns = 0;
    const turnOf = () => {
      turns += 1;
      return null;
    };
    const { url, streams } = await serving({ frames: tap().frames }, { turnOf });
    const response = await fetch(url, { method: "HEAD" });
    expect([response.status, await response.text()]).toEqual([200, ""]);
    expect([streams.open(), turns]).toEqual([0, 0]);
  });

  it("beats while nothing happens", async () => {
    const { frames } = tap();
    const { url } = await serving({ heartbeatMs: 10, frames });
    const reader = (await fetch(url)).body?.getReader();
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe(": beat\n\n");
    await reader?.cancel();
  });

  it("asks a source that has nothing under way again once there is news, also where that comes while it is asked", async () => {
    const given: Frame[] = ["id: 1\n\n"];
    let news = () => {};
    let closed = 0;
    const close = () => {
      closed += 1;
    };
    const whileAsked: Frame[] = [];
    const next = async () => {
      const frame = given.shift() ?? LATER;
      if (frame === LATER && whileAsked.length > 0) {
        given.push(...whileAsked.splice(0));
        news();
      }
      return frame;
    };
    const begin = (hear: () => void) => {
      news = hear;
      return { next, close };
    };
    const { url, streams } = await serving({ frames: { begin } });
    const reader = (await fetch(url)).body?.pipeThrough(new TextDecoderStream()).getReader();
    const read = async () => (await reader?.read())?.value ?? "";
    expect(await read()).toBe("id: 1\n\n");
    given.push("id: 2\n\n");
    whileAsked.push("id: 3\n\n");
    news();
    await nextTurn();
    expect([given, whileAsked]).toEqual([[], []]);
    let text = "";
    while (!text.includes("id: 3")) text += await read();
    expect(text).toBe("id: 2\n\nid: 3\n\n");
    await reader?.cancel();
    await expect.poll(() => streams.open()).toBe(0);
    expect(closed).toBe(1);
  });

  it("tells its source when the reader leaves", async () => {
    const left = Promise.withResolvers<void>();
    const source = tap();
    source.push("id: 1\n\n");
    const { url, streams } = await serving({
      frames: (signal) => {
        signal.addEventListener("abort", () => left.resolve());
        return source.frames(signal);
      },
    });
    const controller = new AbortController();
    const response = await fetch(url, { signal: controller.signal });
    await response.body?.getReader().read();
    controller.abort();
    await left.promise;
    await expect.poll(() => streams.open()).toBe(0);
  });

  it("is pulled only while its reader reads, and does not slow others", async () => {
    let pulled = 0;
    const frame = `data: ${"x".repeat(64 * 1024)}\n\n`;
    const { port, url } = await serving({
      frames: async function* (signal) {
        while (!signal.aborted && pulled < 10_000) {
          pulled += 1;
          yield frame;
        }
      },
    });
    const socket = connect({ port, host: "127.0.0.1" });
    socket.on("error", () => {});
    socket.pause();
    socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    // It stands still once the buffers of the kernel are full: two looks in a row see the same.
    let before = -1;
    const isStill = () => {
      const still = pulled > 0 && pulled === before;
      before = pulled;
      return still;
    };
    await expect.poll(isStill).toBe(true);
    expect(pulled).toBeLessThan(1_000);
    const stuck = pulled;
    const other = await fetch(url);
    await other.body?.getReader().read();
    expect(pulled).toBeGreaterThan(stuck);
    socket.destroy();
  });

  it("is let go when all that do not read hold too much together, the slowest first", async () => {
    const { port, url, streams } = await serving(
      { frames: endless(() => "x".repeat(KB_256)) },
      { bytesMax: 4 * KB_256 },
    );
    const stalled = Array.from({ length: 8 }, () => unread(port));
    await expect.poll(() => streams.open()).toBe(4);
    const reader = (await fetch(url)).body?.getReader();
    for (let read = 0; read < 64; read++) expect((await reader?.read())?.done).toBe(false);
    await reader?.cancel();
    for (const socket of stalled) socket.destroy();
  });

  it("holds what several are sent once, however many of them do not read it", async () => {
    const same = Buffer.alloc(KB_256, "x");
    let pulled = 0;
    const counted = endless(() => {
      pulled += 1;
      return same;
    });
    const { port, streams } = await serving({ frames: counted }, { bytesMax: 2 * KB_256 });
    const stalled = Array.from({ length: 8 }, () => unread(port));
    let before = -1;
    const isStill = () => {
      const still = pulled > 0 && pulled === before;
      before = pulled;
      return still;
    };
    await expect.poll(isStill).toBe(true);
    expect(streams.open()).toBe(8);
    for (const socket of stalled) socket.destroy();
  });

  it("is let go when its reader has taken nothing for 5 minutes, and no timer stays behind the last one", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "performance"] });
    const { port, streams } = await serving({ frames: endless(() => "x".repeat(KB_256)) });
    const before = vi.getTimerCount();
    const socket = unread(port);
    while (streams.open() === 0) await after(1);
    expect(vi.getTimerCount()).toBe(before + 1);
    let minutes = 0;
    for (; streams.open() > 0 && minutes < 100; minutes++) {
      vi.advanceTimersByTime(60_000);
      await after(5);
    }
    expect([minutes > 5, streams.open()]).toEqual([true, 0]);
    vi.advanceTimersByTime(1_000);
    expect(vi.getTimerCount()).toBe(before);
    socket.destroy();
  });

  it("is cut off soon after what it is bound to has ended, where its reader takes nothing, and is bound to it no more", async () => {
    const bound = Promise.withResolvers<() => void>();
    const left = Promise.withResolvers<"left">();
    const ended = (ends: () => void) => {
      bound.resolve(ends);
      return () => left.resolve("left");
    };
    let pulled = 0;
    const counted = endless(() => {
      pulled += 1;
      return `${"x".repeat(KB_256)}\n\n`;
    });
    const { port, streams } = await serving({ frames: counted, ended });
    const socket = unread(port);
    const end = await bound.promise;
    for (let before = -1; before !== pulled; await after(20)) before = pulled;
    expect(streams.open()).toBe(1);
    end();
    expect(streams.open()).toBe(0);
    expect(await Promise.race([left.promise, after(5_000, "it stays")])).toBe("left");
    socket.destroy();
  });

  it("is cut, not ended, when its source breaks, so that the reader comes back", async () => {
    const { url } = await serving({
      frames: async function* () {
        yield "id: 1\n\n";
        throw new Error("the source broke");
      },
    });
    const response = await fetch(url);
    await expect(response.text()).rejects.toThrow();
  });

  it("ends when the server stops, and no new one opens", async () => {
    const source = tap();
    source.push("id: 1\n\n");
    const { url, streams } = await serving({ frames: source.frames });
    const response = await fetch(url);
    const text = response.text();
    await expect.poll(() => streams.open()).toBe(1);
    streams.close();
    expect(await text).toBe("id: 1\n\n");
    expect(await (await fetch(url)).text()).toBe("unavailable");
  });

  it("is broken off instead, where its readers take a clean end for the whole", async () => {
    const source = tap();
    source.push("id: 1\n\n");
    const { url, streams } = await serving({ frames: source.frames, endsWhole: true });
    const text = fetch(url).then((response) => response.text());
    text.catch(() => {});
    await expect.poll(() => streams.open()).toBe(1);
    streams.close();
    await expect(text).rejects.toThrow("terminated");
    const { url: other } = await serving({ frames: () => from(["id: 1\n\n"]), endsWhole: true });
    expect(await (await fetch(other)).text()).toBe("id: 1\n\n");
  });

  it("is broken off too where it stops within a frame, and has no beat there", async () => {
    const source = tap();
    source.push("data: ");
    const { url, streams } = await serving({ frames: source.frames, heartbeatMs: 10 });
    const reader = (await fetch(url)).body?.getReader();
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe("data: ");
    // One that is whole and began later has its beat, so that this one was looked at before.
    const whole = await serving({ frames: tap().frames, heartbeatMs: 10 });
    const beat = await (await fetch(whole.url)).body?.getReader().read();
    expect(new TextDecoder().decode(beat?.value)).toBe(": beat\n\n");
    source.push("all of it\n\n");
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe("all of it\n\n");
    const more = tap();
    more.push("data: ");
    const other = await serving({ frames: more.frames });
    const text = fetch(other.url).then((response) => response.text());
    text.catch(() => {});
    await expect.poll(() => other.streams.open()).toBe(1);
    other.streams.close();
    await expect(text).rejects.toThrow("terminated");
    for (const each of [streams, whole.streams]) each.close();
  });

  it("is refused beyond the bound also where others open while it waits", async () => {
    const { frames } = tap();
    const turn = Promise.withResolvers<void>();
    let waiting = 0;
    const turnOf = () => {
      waiting += 1;
      return turn.promise;
    };
    const { url, streams } = await serving({ opening: ": hello\n\n", frames }, { streamsMax: 1, turnOf });
    const answers = [fetch(url), fetch(url), fetch(url)];
    await expect.poll(() => waiting).toBe(3);
    turn.resolve();
    expect((await Promise.all(answers)).map(({ status }) => status).toSorted()).toEqual([200, 503, 503]);
    expect(streams.open()).toBe(1);
  });

  it("is refused beyond the bound", async () => {
    const { frames } = tap();
    const { url, streams } = await serving({ opening: ": hello\n\n", frames }, { streamsMax: 2 });
    await Promise.all([fetch(url), fetch(url)]);
    expect(streams.open()).toBe(2);
    const refused = await fetch(url);
    expect([refused.status, await refused.text()]).toEqual([503, "unavailable"]);
  });

  it("has let go of its request once it is open, and ends when what it is bound to does", async () => {
    let end = () => {};
    const ended = (ends: () => void) => {
      end = ends;
      return () => {};
    };
    const streams = createStreams({ streamsMax: 1, log: pino({ level: "silent" }) });
    const app = fastify();
    app.decorateRequest("held", false);
    const opened = Promise.withResolvers<number>();
    const shown = { ...quiet, opening: ": hello\n\n", frames: tap().frames, ended };
    app.get("/", async (request, reply) => {
      await streams.stream(request, reply.raw, shown);
      opened.resolve(streams.open());
      return reply.hijack();
    });
    await app.listen({ port: 0 });
    closing.push(() => app.close());
    const answer = await fetch(app.listeningOrigin);
    expect(await opened.promise).toBe(1);
    end();
    expect(await answer.text()).toBe(": hello\n\n");
    expect(streams.open()).toBe(0);
  });

  it("is one of 2,000 that all get what is sent", async () => {
    const sources: ((frame: string) => void)[] = [];
    const { port, streams } = await serving({
      opening: ": hello\n\n",
      frames: (signal) => {
        const { push, frames } = tap();
        sources.push(push);
        return frames(signal);
      },
    });
    const COUNT = 2_000;
    let heard = 0;
    const sockets = Array.from({ length: COUNT }, () => {
      const socket = connect({ port, host: "127.0.0.1" }, () =>
        socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
      );
      let text = "";
      socket.on("error", () => {});
      socket.on("data", (data) => {
        const before = text.includes("id: 7\n\n");
        text += data.toString();
        if (!before && text.includes("id: 7\n\n")) heard += 1;
      });
      return socket;
    });
    await expect.poll(() => streams.open()).toBe(COUNT);
    for (const push of sources) push("id: 7\n\n");
    await expect.poll(() => heard).toBe(COUNT);
    for (const socket of sockets) socket.destroy();
    await expect.poll(() => streams.open()).toBe(0);
  });
});
