import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { threadMessage } from "../../src/lenses/orchestrate/messages/schema.ts";
import { thread } from "../../src/lenses/orchestrate/threads/schema.ts";
import type { ShannonServer } from "../shannon-server.ts";
import {
  linesOf,
  messageIn,
  namesOf,
  type OrchestrateClient,
  orchestrateClient,
  piecesOf,
  type RunEvents,
  startOrchestrateServer,
  textOf,
} from "./client.ts";

let server: ShannonServer;
let client: OrchestrateClient;
beforeAll(async () => {
  server = await startOrchestrateServer();
  client = orchestrateClient(server);
});
afterAll(() => server.stop());

const WAITED_MS = { timeout: 60_000, interval: 20 };

/** Redis stream ids, which rise by time and then by number. */
function expectRising(events: RunEvents): void {
  const ids = events.map(({ id }) => {
    expect(id).toMatch(/^\d{13}-\d+$/);
    const [at = 0, seq = 0] = id.split("-").map(Number);
    return { at, seq };
  });
  const rises = ids.every((id, n) => {
    const before = ids[n - 1];
    return !before || id.at > before.at || (id.at === before.at && id.seq > before.seq);
  });
  expect(rises, JSON.stringify(events.map(({ id }) => id))).toBe(true);
}

const step = z.object({ delta: z.object({ role: z.literal("assistant"), step_details: z.array(z.looseObject({})) }) });
function stepsIn(events: RunEvents) {
  return events
    .filter(({ event }) => event === "run.step.delta")
    .flatMap(({ data }) => step.parse(data).delta.step_details);
}

describe("the stream of a run", () => {
  test("tells it from its start to its end, the answer in pieces and then whole", async () => {
    const events = await client.stream("What is the capital of France?", { agent_id: "assistant" });
    expectRising(events);
    const names = namesOf(events).filter((name) => !["run.step.intermediate", "run.step.delta"].includes(name));
    expect(names.slice(0, 2)).toEqual(["run.started", "message.started"]);
    expect(names.slice(-4)).toEqual(["message.created", "message.completed", "run.completed", "done"]);
    expect(new Set(names.slice(2, -4))).toEqual(new Set(["message.delta"]));
    const message = messageIn(events);
    expect(textOf(message)).toContain("Paris");
    const [started] = events;
    const { run_id, thread_id, agent_id } = z
      .object({ run_id: z.uuid(), thread_id: z.uuid(), agent_id: z.string() })
      .parse(started?.data);
    expect(events.at(-1)?.data).toEqual({ run_id, agent_id, context: {}, thread_id });
    expect(events.every(({ data }) => data["run_id"] === run_id && data["thread_id"] === thread_id)).toBe(true);
    const run = await client.run(run_id);
    expect(run.result).toEqual({ data: { thread_id, message_id: message.id, agent_id, run_id, message } });
    expect((await client.messages(thread_id)).map(({ id, role }) => [id, role])).toEqual([
      [message.parent_message_id, "user"],
      [message.id, "assistant"],
    ]);
  });

  test("has the calls of tools as they are made, and the answer has them as its steps", async () => {
    const streaming = client.stream("hold the line");
    await server.held();
    server.release();
    const events = await streaming;
    const steps = stepsIn(events);
    expect(steps).toEqual([
      {
        type: "tool_calls",
        tool_calls: [{ id: expect.any(String), name: "hold", args: {} }],
        agent_display_name: "Scripted",
      },
      {
        type: "tool_response",
        name: "hold",
        tool_call_id: expect.any(String),
        content: expect.stringContaining("released"),
      },
    ]);
    const message = messageIn(events);
    expect(message.step_history).toEqual(steps.map((each) => ({ role: "assistant", step_details: [each] })));
    expect(textOf(message)).toContain("released");
    expect(piecesOf(events)).toBe(textOf(message));
    const messages = await client.messages(String(message.thread_id));
    expect(messages.at(-1)).toEqual(message);
    const run = await client.run(String(events[0]?.data["run_id"]));
    expect(threadMessage.parse(z.object({ data: z.looseObject({}) }).parse(run.result).data["message"])).toEqual(
      message,
    );
  });

  test("is the same by either spelling, and by its events at any time", async () => {
    const events = await client.stream("hello", {}, "/v1/orchestrate/runs?stream=true");
    const run = String(events[0]?.data["run_id"]);
    expect(await client.events(run)).toEqual(events);
    expect(await client.events(run, 0)).toEqual(events);
    const asBefore = await client.stream("hello", {}, "/api/v1/v1/orchestrate/runs/stream/?stream=false");
    expect(namesOf(asBefore)).toEqual(namesOf(events));
  });

  test("of a failure ends with what went wrong", async () => {
    const events = await client.stream("fail");
    expect(namesOf(events).slice(-2)).toEqual(["run.failed", "done"]);
    const failed = events.at(-2)?.data;
    expect(failed?.["error"]).toContain("the scripted failure");
    const run = await client.run(String(failed?.["run_id"]));
    expect(run).toMatchObject({ status: "failed", last_error: failed?.["error"] });
  });

  test("of a cancelled run says so, and of one whose time was over", async () => {
    const streaming = client.stream("hold on");
    await server.held();
    const [listed] = z
      .object({ data: z.array(z.object({ id: z.string() })) })
      .parse(await (await client.call("/v1/orchestrate/runs?limit=1")).json()).data;
    await client.call(`/v1/orchestrate/runs/cancel/${listed?.id}`, { method: "POST" });
    expect(namesOf(await streaming).slice(-2)).toEqual(["run.cancelled", "done"]);
    const expired = await server.call("/v1/tasks?wait=60", {
      json: { kind: "external", input: { queue: "nobody" }, deadline_ms: 20 },
    });
    const { id } = z.object({ id: z.string() }).parse(await expired.json());
    expect(namesOf(await client.events(id))).toEqual(["run.expired", "done"]);
  });

  test("of a run that its agent has no more time for ends with that", async () => {
    const slow = { name: "Slow", model: "scripted:test-model", tools: ["hold"], time_limit_ms: 1_000 };
    const made = await server.call("/v1/agents", { json: slow });
    const { id: agent_id } = z.object({ id: z.string() }).parse(await made.json());
    const events = await client.stream("hold on", { agent_id });
    await server.held();
    expect(namesOf(events).slice(-2)).toEqual(["run.expired", "done"]);
    const run = await client.run(String(events[0]?.data["run_id"]));
    expect(run).toMatchObject({ status: "expired", completed_at: null, failed_at: null, cancelled_at: null });
    expect(await client.events(run.id)).toEqual(events);
  });

  test("tells what the run asks, waits for the person, and goes on with the answer", async () => {
    const thread_id = await client.thread();
    const streaming = client.stream("ask me", { thread_id });
    const asked = await questionOn(thread_id);
    expect(asked.additional_properties).toMatchObject({ is_interrupt: true });
    // It asks a moment before it comes to rest.
    await expect.poll(async () => await statusOf(thread_id)).toBe("async_slot_request");
    const answer = await client.stream("The left one", { thread_id });
    const whole = await streaming;
    expect(messageIn(whole, "message.interrupt")).toEqual(asked);
    expect(namesOf(whole).filter((name) => name === "done")).toHaveLength(1);
    // What the answer streams is what comes after it, with the same ids.
    expect(answer[0]?.event).toBe("message.started");
    expect(whole.slice(-answer.length)).toEqual(answer);
    const messages = await client.messages(thread_id);
    expect(messages.map(({ role, content }) => [role, content[0]?.["text"]])).toEqual([
      ["user", "ask me"],
      ["assistant", "Which of the two?"],
      ["user", "The left one"],
      ["assistant", textOf(messageIn(answer))],
    ]);
    expect(messages.at(-1)).toMatchObject({ parent_message_id: messages[2]?.id });
    expect(messages.at(-1)?.id).toBe(messageIn(answer).id);
    expect(await statusOf(thread_id)).toBe("ready");
  });

  async function statusOf(id: string) {
    return (await client.answer(thread, `/v1/threads/${id}`)).status;
  }

  function questionOn(id: string) {
    return vi.waitFor(async () => {
      const messages = await client.messages(id);
      const question = messages.find(({ additional_properties: own }) => own?.["is_interrupt"] === true);
      if (!question) throw new Error("It has not asked yet.");
      return question;
    }, WAITED_MS);
  }

  test("ends after its time without a word, and leaves the run alone", async () => {
    const response = await client.call("/v1/orchestrate/runs/stream?stream_timeout=0", {
      json: { message: { role: "user", content: "hold" }, agent_id: "scripted" },
    });
    const text = await response.text();
    expect(text).not.toContain('"done"');
    await server.held();
    server.release();
    const [run] = z
      .object({ data: z.array(z.object({ id: z.string() })) })
      .parse(await (await client.call("/v1/orchestrate/runs?limit=1")).json()).data;
    expect(namesOf(await client.events(run?.id ?? "")).at(-1)).toBe("done");
  });

  test("that its reader leaves goes on: its events are all there for whoever comes later", async () => {
    const controller = new AbortController();
    const response = await fetch(`${client.root}/v1/orchestrate/runs/stream`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ message: { role: "user", content: "hold it" }, agent_id: "scripted" }),
      signal: controller.signal,
    });
    const first = new TextDecoder().decode((await response.body?.getReader().read())?.value);
    await server.held();
    controller.abort();
    server.release();
    const [started] = linesOf(first);
    const events = await client.events(String(started?.data["run_id"]));
    expect(events[0]).toEqual(started);
    expect(namesOf(events).at(-1)).toBe("done");
  });

  test("cut 100 times anywhere is made whole by its events, with the same ids and no gap", async () => {
    const query = "Count to twenty, then say what the capital of Peru is and how much 12 * 12 is.";
    const whole = await client.stream(query, { agent_id: "assistant" });
    const run = String(whole[0]?.data["run_id"]);
    let seed = 20_261_126;
    const chance = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed % below;
    };
    const text = whole.map((event) => `${JSON.stringify(event)}\n`).join("");
    for (let n = 0; n < 100; n++) {
      const cut = text.slice(0, chance(text.length + 1));
      const kept = cut.slice(0, cut.lastIndexOf("\n") + 1);
      const seen = kept === "" ? [] : linesOf(kept);
      const later = await client.events(run, 0);
      const rest = later.slice(later.findIndex(({ id }) => id === seen.at(-1)?.id) + 1);
      expect([...seen, ...rest]).toEqual(whole);
    }
  });

  test("cut anywhere while it is under way is made whole by its events, with the same ids and no gap", async () => {
    const query = "Count to twenty, then say what the capital of Peru is and how much 12 * 12 is.";
    const body = JSON.stringify({ message: { role: "user", content: query }, agent_id: "assistant" });
    const headers = { "content-type": "application/json" };
    let whileLive = 0;
    /** Reads a stream up to this many bytes and leaves it; what comes after the last whole line is read from the events. */
    async function cutAt(bytes: number): Promise<void> {
      const controller = new AbortController();
      const { signal } = controller;
      const response = await fetch(`${client.root}/v1/orchestrate/runs/stream`, {
        method: "POST",
        headers,
        body,
        signal,
      });
      const decoder = new TextDecoder();
      let text = "";
      for await (const chunk of response.body ?? []) {
        text += decoder.decode(chunk.subarray(0, bytes - text.length), { stream: true });
        if (text.length >= bytes) break;
      }
      controller.abort();
      const seen = linesOf(text.slice(0, text.lastIndexOf("\n") + 1));
      const run = String(seen[0]?.data["run_id"]);
      const onTheWay = await client.events(run, 0);
      if (onTheWay.at(-1)?.event !== "done") whileLive += 1;
      expect(onTheWay.slice(0, seen.length)).toEqual(seen);
      const whole = await client.events(run);
      expect(whole.slice(0, onTheWay.length)).toEqual(onTheWay);
      expect(whole.at(-1)?.event).toBe("done");
      expect(new Set(whole.map(({ id }) => id)).size).toBe(whole.length);
      expect(piecesOf(whole)).toBe(textOf(messageIn(whole)));
    }
    let seed = 3;
    const chance = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return seed % below;
    };
    for (let n = 0; n < 6; n++) await Promise.all(Array.from({ length: 10 }, () => cutAt(400 + chance(4_000))));
    expect(whileLive).toBeGreaterThan(5);
  });

  test("of one that goes on elsewhere ends with that, and its thread tells the rest", async () => {
    const home = await client.thread();
    const submitted = await server.call("/v1/tasks", {
      json: { kind: "errand", input: { what: "a stone" }, conversation: { id: home } },
    });
    const { id } = z.object({ id: z.string() }).parse(await submitted.json());
    const claimed = await server.call("/v1/work/claim", { json: { worker: "w", queue: "far", wait_ms: 60_000 } });
    const [work] = z
      .object({ data: z.array(z.object({ id: z.string(), attempt: z.int() })) })
      .parse(await claimed.json()).data;
    // Its child is there a moment before it comes to rest itself.
    await expect.poll(async () => (await client.run(id)).status).toBe("async_wait");
    const parked = await client.events(id, 0);
    expect(namesOf(parked)).toEqual(["run.started", "message.started", "message.created", "flow.slot.listen"]);
    expect(await client.run(id)).toMatchObject({ status: "async_wait", completed_at: null });
    expect(await statusOf(home)).toBe("async_wait");
    const holding = (await client.messages(home)).at(-1);
    expect(holding).toEqual(messageIn(parked));
    expect(textOf(holding)).toContain("flow has started");
    expect(holding?.additional_properties).toMatchObject({ display_properties: { is_async: true } });
    await server.call(`/v1/tasks/${work?.id}/complete`, {
      json: { worker: "w", attempt: work?.attempt, output: "granite" },
    });
    const events = await client.events(id);
    expect(events.slice(0, parked.length)).toEqual(parked);
    expect(namesOf(events).slice(-4)).toEqual(["message.created", "message.completed", "run.completed", "done"]);
    const messages = await client.messages(home);
    expect(messages).toHaveLength(3);
    expect(messages[1]?.additional_properties).toMatchObject({ display_properties: { is_async: false } });
    expect(textOf(messages[2])).toBe('It brought "granite"');
    expect(await statusOf(home)).toBe("ready");
  });

  test("of several on one thread comes one after the other, each to its own end", async () => {
    const thread_id = await client.thread();
    const streams = await Promise.all(["one", "two", "three"].map((text) => client.stream(text, { thread_id })));
    for (const events of streams) {
      expectRising(events);
      expect(namesOf(events).at(-1)).toBe("done");
    }
    const runs = streams.map(([started]) => started?.data["run_id"]);
    expect(new Set(runs).size).toBe(3);
    const messages = await client.messages(thread_id);
    expect(messages.filter(({ role }) => role === "assistant")).toHaveLength(3);
  });

  test("is the same after a restart", async () => {
    const first = await startOrchestrateServer({ data: server.data.replace(/$/, "-again") });
    const events = await orchestrateClient(first).stream("hello");
    await first.stop();
    const second = await startOrchestrateServer({ data: first.data });
    expect(await orchestrateClient(second).events(String(events[0]?.data["run_id"]), 0)).toEqual(events);
    await second.stop();
  });
});
