/** Tasks that are followed, from anywhere in them, in the four dialects. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { defineAgent } from "../../src/handlers/agent/definition.ts";
import { startTestServer, type TestServer } from "../server.ts";
import { ask, DIALECTS, type Dialect, request } from "./client.ts";
import { all, streamed, type Told, textOf, words } from "./streamed.ts";

/** Says its query word by word, each when the test lets it, and asks before a word that ends with `?`. */
const speaker = defineAgent({
  slug: "speaker",
  name: "Speaker",
  run: async (ctx, { query }) => {
    for (const [n, word] of query.split(" ").entries()) {
      if (word.endsWith("?")) await ctx.waitForInput("next", { asks: "answer", prompt: word });
      else if (word.startsWith("artifact:"))
        ctx.artifact({ id: "made", parts: [{ text: word.slice(9) }], append: true, last: false });
      else if (word.startsWith("megabytes:"))
        ctx.artifact({
          id: "made",
          parts: [{ text: "x".repeat(1e6 * Number(word.slice(10))) }],
          append: false,
          last: true,
        });
      else
        await ctx.step(`word ${n}`, async (step) => {
          await opened(word);
          step.output(`${word} `);
          return null;
        });
    }
    return query.includes("artifact:") ? null : query;
  },
});
const gates = new Map<string, PromiseWithResolvers<void>>();
/** Words with a capital wait until they are let through. */
function opened(word: string): Promise<void> | undefined {
  if (!/^[A-Z]/.test(word)) return undefined;
  const gate = gates.get(word) ?? Promise.withResolvers<void>();
  gates.set(word, gate);
  return gate.promise;
}
const open = (word: string) => {
  void opened(word);
  gates.get(word)?.resolve();
};

let folder: string;
let server: TestServer;
const start = () => startTestServer({ data: folder, config: { agents: [speaker] } });
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "waybill-a2a-"));
  server = await start();
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

async function submitted(query: string): Promise<string> {
  const response = await server.call("/v1/tasks", { json: { kind: "agent", input: { query } } });
  return z.object({ id: z.string() }).parse(await response.json()).id;
}

async function settled(id: string, state: string): Promise<void> {
  await expect
    .poll(async () => z.object({ state: z.string() }).parse(await (await server.call(`/v1/tasks/${id}`)).json()).state)
    .toBe(state);
}

const answer = (id: string, value: string) => server.call(`/v1/tasks/${id}/input`, { json: { value } });

/** Reads on until a frame is as it should be. */
async function until(frames: AsyncIterator<Told>, is: (told: Told) => boolean): Promise<Told[]> {
  const found: Told[] = [];
  for (;;) {
    const { value, done } = await frames.next();
    if (done === true) throw new Error(`the stream ended after ${JSON.stringify(words(found))}`);
    found.push(value);
    if (is(value)) return found;
  }
}

describe("a subscription", () => {
  it.each(DIALECTS)("begins with the task as it is, in %s, and goes on to its end", async (dialect) => {
    const word = `Wait-${dialect}`;
    const id = await submitted(`one ${word} two`);
    await expect
      .poll(async () => (await (await server.call(`/v1/tasks/${id}/events`)).text()).includes("one "))
      .toBe(true);
    const response = await request(server, dialect, "subscribe", { id });
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "content-type": "text/event-stream",
      "cache-control": "no-cache",
      "x-accel-buffering": "no",
    });
    const frames = streamed(response, dialect);
    const [first] = await until(frames, () => true);
    expect(first).toMatchObject({ what: "task", state: "working" });
    open(word);
    const rest = await until(frames, ({ state }) => state === "completed");
    expect(await frames.next()).toMatchObject({ done: true });
    const told = [...(first ? [first] : []), ...rest];
    expect(textOf(told)).toBe(`one ${word} two`);
    expect(words(rest).at(-2)).toBe("artifact");
    expect(rest.at(-2)?.body).toMatchObject({ lastChunk: true });
    if (dialect === "J3" || dialect === "R3") expect(rest.at(-1)?.body.final).toBe(true);
    const { result } = await ask(server, dialect, "get", { id });
    expect(JSON.stringify(result)).toContain(`one ${word} two`);
  });

  it("is what it was for whoever comes back with the id of the last frame, also after the end", async () => {
    const id = await submitted("one Back two");
    const whole = request(server, "R1", "subscribe", { id });
    open("Back");
    const told = await all(await whole, "R1");
    expect(told.every(({ id: seq }) => /^\d+(-\d+)?$/.test(seq))).toBe(true);
    for (const [at, { id: seq }] of told.entries()) {
      const headers = { "last-event-id": seq };
      const again = await request(server, "R1", "subscribe", { id }, { headers });
      if (at === told.length - 1) expect(again.status).toBe(400);
      else expect((await all(again, "R1")).map(({ raw }) => raw)).toEqual(told.slice(at + 1).map(({ raw }) => raw));
    }
  });

  it("has all of a snapshot in several frames for whoever comes back with a part of it, also after the end", async () => {
    const id = await submitted("megabytes:5 more?");
    await settled(id, "input_required");
    const frames = streamed(await request(server, "R1", "subscribe", { id }), "R1");
    const [part] = await until(frames, () => true);
    await frames.return(undefined);
    const headers = { "last-event-id": part?.id ?? "" };
    for (const isOver of [false, true]) {
      const again = streamed(await request(server, "J3", "subscribe", { id }, { headers }), "J3");
      if (!isOver) await answer(id, "yes");
      const told = await until(again, ({ state }) => state === "completed");
      expect(told[0]).toMatchObject({ what: "task", id: part?.id });
      expect(textOf(told, "made")).toHaveLength(5e6);
    }
  });

  it("stays open while the task asks its client, and goes on with the answer", async () => {
    const id = await submitted("one more? two");
    await settled(id, "input_required");
    const frames = streamed(await request(server, "J1", "subscribe", { id }), "J1");
    expect(await until(frames, () => true)).toMatchObject([
      { what: "task", state: "input-required", body: { status: { message: { parts: [{ text: "more?" }] } } } },
    ]);
    await answer(id, "yes");
    const rest = await until(frames, ({ state }) => state === "completed");
    expect(words(rest)[0]).toBe("status working");
    expect(await frames.next()).toMatchObject({ done: true });
  });

  it("ends when the server stops, without a last event, and goes on at the next one", async () => {
    const id = await submitted("one Restart two");
    const frames = streamed(await request(server, "J1", "subscribe", { id }), "J1");
    const before = await until(frames, ({ what }) => what === "artifact" || what === "task");
    const left: Told[] = [];
    const reading = (async () => {
      for await (const told of frames) left.push(told);
    })();
    await server.stop();
    await reading;
    expect(left.filter(({ state }) => state === "completed")).toEqual([]);
    server = await start();
    const seq = [...before, ...left].at(-1)?.id ?? "";
    const again = await request(server, "J1", "subscribe", { id }, { headers: { "last-event-id": seq } });
    open("Restart");
    const told = [...before, ...left, ...(await all(again, "J1"))];
    expect(textOf(told)).toBe("one Restart two");
    expect(new Set(told.map((one) => one.id)).size).toBe(told.length);
  });

  it("is the same for 50 who follow one task, whenever they came", async () => {
    const id = await submitted("one Many two artifact:x artifact:y");
    const dialectOf = (n: number): Dialect => DIALECTS[n % 4] ?? "J1";
    const open50 = await Promise.all(
      Array.from({ length: 50 }, async (_, n) => ({
        dialect: dialectOf(n),
        response: await request(server, dialectOf(n), "subscribe", { id }),
      })),
    );
    open("Many");
    const told = await Promise.all(open50.map(({ dialect, response }) => all(response, dialect)));
    for (const [at, dialect] of DIALECTS.entries()) {
      const own = told.filter((_, n) => dialectOf(n) === dialect).map((frames) => frames.map(({ raw }) => raw));
      const tails = own.map((frames) => frames.slice(-4));
      for (const tail of tails) expect(tail).toEqual(tails[0]);
      expect(textOf(told[at] ?? [], "made")).toBe("xy");
    }
  });

  it("of what has ended, or is not there, is refused in the words of each dialect", async () => {
    const id = await submitted("done");
    await settled(id, "completed");
    for (const [of, code, status, reason] of [
      [id, -32004, 400, "UNSUPPORTED_OPERATION"],
      ["task_00000000000000000000000000", -32001, 404, "TASK_NOT_FOUND"],
    ] as const) {
      const rpc = await request(server, "J1", "subscribe", { id: of });
      expect(rpc.headers.get("content-type")).toContain("application/json");
      expect(await rpc.json()).toMatchObject({ id: 7, error: { code, data: [{ reason }] } });
      const http = await request(server, "R1", "subscribe", { id: of });
      expect(http.status).toBe(status);
      const old = await request(server, "J3", "subscribe", { id: of });
      expect(old.headers.get("content-type")).toBe("text/event-stream");
      expect(await old.text()).toMatch(
        new RegExp(`^data: \\{"jsonrpc":"2.0","id":7,"error":\\{"code":${code},.*\\}\n\n$`),
      );
    }
  });
});
