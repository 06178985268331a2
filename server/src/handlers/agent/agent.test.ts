import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { type ProviderServer, startProviderServer } from "../../../test/providers/provider-server.ts";
import { EmbeddedEngine } from "../../engine/embedded/engine.ts";
import { VirtualClock } from "../../engine/virtual-clock.ts";
import { createModels } from "../../models/models.ts";
import { openSqliteStore } from "../../store/sqlite/store.ts";
import type { Store } from "../../store/store.ts";
import type { AgentDefinition } from "../../task/agent.ts";
import type { Event } from "../../task/event.ts";
import type { JsonObject } from "../../task/json.ts";
import { type Principal, SCOPES } from "../../task/principal.ts";
import { isTerminal } from "../../task/states.ts";
import type { Task } from "../../task/task.ts";
import type { Submission } from "../../task/verbs.ts";
import { agentHandler } from "./agent.ts";
import { assistant, defineAgent } from "./definition.ts";
import { defineTool, type Tool } from "./tool.ts";

const ada: Principal = { tenant: "acme", user: "ada", scopes: new Set(SCOPES), keyId: "key_ada" };

type Wire = {
  messages: { role: string; content: unknown; tool_calls?: unknown[] }[];
  tools?: unknown[];
  tool_choice?: unknown;
};
const wire = z.custom<Wire>((body) => typeof body === "object" && body !== null && "messages" in body);

let provider: ProviderServer;
let store: Store;
let clock: VirtualClock;
let engine: EmbeddedEngine;
let pull: () => void;

beforeEach(async () => {
  provider = await startProviderServer();
  clock = new VirtualClock(Date.UTC(2026, 10, 22, 12));
  store = await openSqliteStore(":memory:", { clock: () => clock.now() });
});
afterEach(async () => {
  pull();
  await provider.close();
  await store.close();
});

/** Starts an engine over the store that the test keeps. */
async function start(parts: { tools?: Tool[]; agents?: AgentDefinition[] } = {}): Promise<void> {
  let pulled = false;
  const plugged = new Proxy(store, {
    get(target, name) {
      const verb: unknown = Reflect.get(target, name);
      if (typeof verb !== "function") return verb;
      return (...given: unknown[]) => (pulled ? new Promise(() => {}) : Reflect.apply(verb, target, given));
    },
  });
  pull = () => {
    pulled = true;
  };
  const models = createModels({
    default: "lab:m1",
    providers: { lab: { type: "openai-compatible", baseUrl: `${provider.url}/v1` } },
    prices: { "lab:m1": { input: 1, output: 10 } },
  });
  engine = new EmbeddedEngine({
    store: plugged,
    handlers: [agentHandler({ models, agents: parts.agents ?? [assistant], tools: parts.tools ?? [] })],
    clock,
    random: () => 0.5,
    randomBytes,
    log: { warn: (message, facts) => process.stderr.write(`${message} ${String(facts["error"])}\n`) },
  });
  await engine.start();
}

/** The process dies: nothing of it reaches the store any more, and another one starts. */
async function crash(parts: Parameters<typeof start>[0] = {}): Promise<void> {
  pull();
  await start(parts);
}

async function submit(input: JsonObject, more: Partial<Submission> = {}): Promise<string> {
  return (await engine.verbs.tasks.submit(ada, "native", { kind: "agent", input, ...more })).task.id;
}

const task = (id: string): Promise<Task> => engine.verbs.tasks.get(ada, id);
const log = (id: string): Promise<Event[]> => engine.verbs.tasks.events(ada, id, 0, 1_000);
const types = async (id: string): Promise<string[]> => (await log(id)).map(({ type }) => type);

async function eventsOf(id: string, type: string): Promise<JsonObject[]> {
  return (await log(id)).filter((event) => event.type === type).map(({ data }) => data);
}

/** Follows the log until the task has ended, or an event of that type was there so often. */
async function until(id: string, type?: string, count = 1): Promise<Task> {
  let seen = 0;
  for await (const batch of engine.verbs.tasks.follow(ada, id, 0, new AbortController().signal)) {
    seen += batch.filter((event) => event.type === type).length;
    if (type !== undefined && seen >= count) break;
  }
  const now = await task(id);
  if (type === undefined) expect(isTerminal(now.state)).toBe(true);
  return now;
}

async function completed(id: string): Promise<Task & { state: "completed" }> {
  const ended = await until(id);
  if (ended.state !== "completed") throw new Error(JSON.stringify(ended));
  return ended;
}

async function failed(id: string): Promise<string> {
  const ended = await until(id);
  if (ended.state !== "failed") throw new Error(JSON.stringify(ended));
  return ended.error.message;
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 60; turn++) await new Promise((resolve) => setImmediate(resolve));
}

function sent(n: number): Wire {
  return wire.parse(provider.requests[n - 1]?.body);
}

/** The texts of the tool results in a request. */
function results(n: number): unknown[] {
  return sent(n).messages.flatMap(({ role, content }) => (role === "tool" ? [content] : []));
}

const calling = (...calls: [name: string, input: Record<string, unknown> | string][]) => ({
  kind: "tool_calls" as const,
  calls: calls.map(([name, input], index) => ({ id: `c${index}`, name, arguments: input })),
});
const saying = (text: string) => ({ kind: "answer" as const, text });
const adding = (expression: string) => calling(["calculator", { expression }]);

describe("a simple run", () => {
  it("is one model call without tools, and its log tells it in order", async () => {
    await start();
    provider.script(saying("Hello Ada."));
    const id = await submit({ query: "Say hello", mode: "simple", instructions: "Be kind." });
    const ended = await completed(id);
    expect(ended.output).toEqual({
      text: "Hello Ada.",
      model: "m1",
      provider: "lab",
      ranAs: "simple",
      turns: 1,
      toolCalls: 0,
    });
    expect(ended.usage).toMatchObject({ calls: 1, inputTokens: 20, outputTokens: 10, costUsd: 0.00012 });
    expect(sent(1).tools).toBeUndefined();
    expect(String(sent(1).messages[0]?.content)).toMatch(/^Be kind\.\n\nYou are a helpful assistant/);
    const story = (await types(id)).filter((type) => !/^(?:step|usage|output)\./.test(type));
    expect(story).toEqual([
      "task.submitted",
      "task.started",
      "agent.started",
      "agent.answered",
      "agent.completed",
      "task.completed",
    ]);
    expect(await eventsOf(id, "agent.answered")).toMatchObject([
      { text: "Hello Ada.", final: true, model: "m1", provider: "lab", inputTokens: 20, outputTokens: 10 },
    ]);
  });

  it("streams its text while it comes", async () => {
    await start();
    provider.script({ kind: "stall", text: "Once upon" });
    const id = await submit({ query: "Tell a tale", mode: "simple" });
    await provider.received(1);
    let streamed = false;
    void until(id, "output.delta").then(() => {
      streamed = true;
    });
    while (!streamed) await clock.advance(50, settle);
    expect(await eventsOf(id, "output.delta")).toMatchObject([{ text: "Once upon", agent: "" }]);
  });

  it("is tried twice at most, and then says what happened and what to do", async () => {
    await start();
    provider.script({ kind: "status", status: 500 }, { kind: "status", status: 503, message: "overloaded" });
    const id = await submit({ query: "Hello", mode: "simple" });
    await until(id, "step.retrying");
    await settle();
    await clock.advance(5_000, settle);
    expect(await failed(id)).toMatch(
      /^Asking lab:m1 failed, tried 2 times of at most 2: lab answered 503: overloaded\. Retry the task when/,
    );
    expect(provider.requests).toHaveLength(2);
  });

  it("says plainly that a refused request will be refused again", async () => {
    await start();
    provider.script({ kind: "status", status: 401, message: "bad key" });
    const id = await submit({ query: "Hello" });
    expect(await failed(id)).toMatch(
      /^Asking lab:m1 failed: lab answered 401: bad key\. Asking again does not help: check/,
    );
    expect(await task(id)).toMatchObject({ error: { code: "model_refused" } });
    expect(provider.requests).toHaveLength(1);
  });
});

describe("a standard run", () => {
  it("lets the model use tools until it answers", async () => {
    await start();
    provider.script({ ...adding("6*7"), text: "Let me see." }, saying("It is 42."));
    const id = await submit({ query: "What is six times seven?" });
    expect((await completed(id)).output).toMatchObject({
      text: "It is 42.",
      ranAs: "standard",
      turns: 2,
      toolCalls: 1,
    });
    expect(sent(1).tools).toHaveLength(6);
    expect(results(2)).toEqual(["42"]);
    expect((await types(id)).filter((type) => /^(?:agent|tool)\./.test(type))).toEqual([
      "agent.started",
      "agent.thinking",
      "agent.answered",
      "tool.invoked",
      "tool.observed",
      "agent.thinking",
      "agent.answered",
      "agent.completed",
    ]);
    expect(await eventsOf(id, "agent.answered")).toMatchObject([
      { text: "Let me see.", final: false },
      { final: true },
    ]);
    expect(await eventsOf(id, "tool.invoked")).toEqual([
      { agent: "", callId: "1.1", tool: "calculator", params: { expression: "6*7" } },
    ]);
    expect(await eventsOf(id, "tool.observed")).toMatchObject([{ callId: "1.1", success: true, output: "42" }]);
  });

  it("goes on after a crash in its third turn without asking or doing anything twice", async () => {
    const done: string[] = [];
    const note = defineTool({
      name: "note",
      description: "Notes something down.",
      input: z.strictObject({ text: z.string() }),
      run: ({ text }) => {
        done.push(text);
        return "noted";
      },
    });
    const parts = { tools: [note], agents: [{ ...assistant, tools: ["note"] }] };
    await start(parts);
    provider.script(
      calling(["note", { text: "a" }]),
      calling(["note", { text: "b" }]),
      { kind: "silence" },
      saying("Noted."),
    );
    const id = await submit({ query: "Note a and b" });
    await provider.received(3);
    await crash(parts);
    const ended = await completed(id);
    expect(ended).toMatchObject({ attempt: 2, output: { text: "Noted.", turns: 3 }, usage: { calls: 3 } });
    expect(done).toEqual(["a", "b"]);
    expect(provider.requests).toHaveLength(4);
    expect(sent(4)).toEqual(sent(3));
    expect((await eventsOf(id, "agent.answered")).filter((data) => data["final"] === true)).toHaveLength(1);
  });

  it("keeps its tools and model when the server comes back with another configuration", async () => {
    const note = defineTool({ name: "note", description: "", input: z.strictObject({}), run: () => "noted" });
    await start({ tools: [note], agents: [{ ...assistant, tools: ["note"] }] });
    provider.script(calling(["note", {}]), { kind: "silence" }, calling(["note", {}]), saying("Done."));
    const id = await submit({ query: "Note it" });
    await provider.received(2);
    await crash({ agents: [{ ...assistant, slug: "other", tools: [], model: "local:reference" }] });
    expect((await completed(id)).output).toMatchObject({ text: "Done.", model: "m1" });
    expect(results(4)).toEqual(["noted", expect.stringContaining("this server no longer has it")]);
  });

  it("waits as long as the provider asks before it tries again", async () => {
    await start();
    provider.script({ kind: "status", status: 429, headers: { "retry-after": "30" } }, saying("Now."));
    const id = await submit({ query: "Hello" });
    await until(id, "task.waiting");
    expect(await task(id)).toMatchObject({ state: "waiting", waits: [{ on: "retry", until: clock.now() + 30_000 }] });
    await clock.advance(29_000, settle);
    expect(provider.requests).toHaveLength(1);
    await clock.advance(1_000, settle);
    expect((await completed(id)).usage.calls).toBe(1);
  });

  it("asks again when a stream is cut, and pays for an answer without words before it asks again", async () => {
    await start();
    provider.script({ kind: "cut", text: "Half an" }, saying(" "), saying("A whole answer."));
    const id = await submit({ query: "Hello" });
    await until(id, "step.retrying", 1);
    await settle();
    await clock.advance(5_000, settle);
    await until(id, "step.retrying", 2);
    await settle();
    await clock.advance(10_000, settle);
    const ended = await completed(id);
    expect(ended).toMatchObject({ output: { text: "A whole answer." }, usage: { calls: 2, inputTokens: 40 } });
  });

  it("tells the model what was wrong with a call, and lets it try again", async () => {
    const broken = defineTool({
      name: "broken",
      description: "",
      input: z.strictObject({}),
      run: () => {
        throw new Error("the printer is on fire");
      },
    });
    await start({ tools: [broken], agents: [{ ...assistant, tools: ["calculator", "broken"] }] });
    provider.script(
      calling(["calculator", { sum: 1 }], ["calculator", '{"expression": '], ["teleport", {}], ["broken", {}]),
      adding("1+1"),
      saying("2"),
    );
    const id = await submit({ query: "What is one and one?" });
    expect((await completed(id)).output).toMatchObject({ text: "2", turns: 3, toolCalls: 5 });
    expect(results(2)).toEqual([
      expect.stringContaining("The arguments of calculator do not fit"),
      expect.stringContaining("not JSON"),
      'There is no tool "teleport". Tools: calculator, broken.',
      "broken failed: the printer is on fire",
    ]);
    expect((await eventsOf(id, "tool.observed")).map((data) => data["success"])).toEqual([
      false,
      false,
      false,
      false,
      true,
    ]);
  });

  it("makes a model that only ever calls wrongly answer in the end", async () => {
    await start();
    const wrong = calling(["teleport", {}]);
    provider.script(wrong, wrong, wrong, saying("I could not."));
    const id = await submit({ query: "Beam me up" });
    expect((await completed(id)).output).toMatchObject({ text: "I could not.", turns: 4 });
    expect(sent(4)).toMatchObject({ tool_choice: "none" });
  });

  it("demands an answer in its last turn, and fails clearly when there is none", async () => {
    await start();
    provider.script(adding("1+1"), adding("2+2"), adding("3+3"), adding("4+4"));
    const id = await submit({ query: "Keep adding", maxTurns: 2 });
    await until(id, "step.retrying", 1);
    await settle();
    await clock.advance(5_000, settle);
    await until(id, "step.retrying", 2);
    await settle();
    await clock.advance(5_000, settle);
    expect(await failed(id)).toBe(
      "lab:m1 gave no answer, tried 3 times. Word the request differently, or choose another model.",
    );
    expect(sent(2)).toMatchObject({ tool_choice: "none" });
    expect(JSON.stringify(sent(2).messages[0])).toContain("No more tools can be called now.");
    expect((await task(id)).usage.calls).toBe(4);
  });

  it("makes the calls of one turn at the same time, and after a crash only those that had not ended", async () => {
    const runs: string[] = [];
    const both = Promise.withResolvers<void>();
    let held = Promise.withResolvers<void>();
    const fetchPage = defineTool({
      name: "fetch_page",
      description: "",
      input: z.strictObject({ page: z.string() }),
      run: async ({ page }) => {
        runs.push(page);
        if (runs.length === 2) both.resolve();
        if (page === "slow") await held.promise;
        return `page ${page}`;
      },
    });
    const parts = { tools: [fetchPage], agents: [{ ...assistant, tools: ["fetch_page"] }] };
    await start(parts);
    provider.script(calling(["fetch_page", { page: "slow" }], ["fetch_page", { page: "fast" }]), saying("Read."));
    const id = await submit({ query: "Read both" });
    await both.promise;
    await until(id, "tool.observed");
    held = Promise.withResolvers();
    held.resolve();
    await crash(parts);
    await completed(id);
    expect(runs).toEqual(["slow", "fast", "slow"]);
    expect(results(2)).toEqual(["page slow", "page fast"]);
  });

  it("asks the model to go on where its answer was cut, and gives the whole", async () => {
    await start();
    provider.script({ kind: "length", text: "One, two" }, saying(", three."));
    const id = await submit({ query: "Count" });
    expect((await completed(id)).output).toMatchObject({ text: "One, two, three." });
    expect(sent(2).messages.slice(-2)).toMatchObject([
      { role: "assistant", content: "One, two" },
      { role: "user", content: "Continue exactly where you stopped." },
    ]);
    expect(await eventsOf(id, "agent.answered")).toMatchObject([{ final: true, outputTokens: 20 }]);
  });

  it("says where an answer ends that was never finished", async () => {
    await start();
    provider.script({ kind: "length", text: "One, two" });
    const id = await submit({ query: "Count", mode: "simple" });
    expect((await completed(id)).output).toMatchObject({
      text: expect.stringMatching(/^One, two\n\n\[The answer ends here/),
    });
  });

  it.each(["complex", "supervisor"])("stands in for %s and says so", async (mode) => {
    await start();
    provider.script(saying("Done."));
    const id = await submit({ query: "Think hard", mode });
    expect((await completed(id)).output).toMatchObject({ ranAs: "standard" });
    expect(await eventsOf(id, "agent.mode_changed")).toEqual([
      { asked: mode, ran: "standard", reason: `This server runs ${mode} tasks as standard.` },
    ]);
  });

  it("hangs up on the provider when it is cancelled in the middle of an answer", async () => {
    await start();
    provider.script({ kind: "endless", text: "and on " });
    const id = await submit({ query: "Talk" });
    await provider.received(1);
    await engine.verbs.tasks.cancel(ada, id);
    await provider.idle();
    expect((await task(id)).state).toBe("cancelled");
  });
});

describe("people", () => {
  const curious = defineAgent({ slug: "curious", name: "Curious", asksPerson: true });
  const asking = calling(["ask_person", { question: "Which colour?", choices: ["red", "blue"] }]);

  it("are asked only by agents that may", async () => {
    await start({ agents: [assistant, curious] });
    provider.script(asking, saying("Never mind."));
    const id = await submit({ query: "Paint it" });
    await completed(id);
    expect(results(2)).toEqual([expect.stringContaining('There is no tool "ask_person"')]);
  });

  it("are asked, answer after a crash, and the run goes on", async () => {
    await start({ agents: [curious] });
    provider.script(asking, saying("Painted blue."));
    const id = await submit({ query: "Paint it" });
    await until(id, "task.input_required");
    await crash({ agents: [curious] });
    const waiting = await task(id);
    expect(waiting.waits).toMatchObject([
      {
        on: "input",
        until: clock.now() + 30 * 60_000,
        prompt: { asks: "answer", text: "Which colour?\n- red\n- blue" },
      },
    ]);
    await engine.verbs.tasks.input(ada, id, { value: { answer: "blue" } });
    expect((await completed(id)).output).toMatchObject({ text: "Painted blue." });
    expect(results(2)).toEqual(["blue"]);
    expect(provider.requests).toHaveLength(2);
  });

  it("have 30 minutes: then the model is told that nobody answered", async () => {
    await start({ agents: [curious] });
    provider.script(asking, saying("I took red."));
    const id = await submit({ query: "Paint it" });
    await until(id, "task.input_required");
    await clock.advance(30 * 60_000, settle);
    await completed(id);
    expect(results(2)).toEqual([expect.stringContaining("Nobody answered within 30 minutes")]);
  });

  it("approve or refuse the calls of tools that need it", async () => {
    const paid: number[] = [];
    const pay = defineTool({
      name: "pay",
      description: "Pays.",
      input: z.strictObject({ euros: z.number() }),
      needsApproval: true,
      run: ({ euros }) => {
        paid.push(euros);
        return "paid";
      },
    });
    await start({ tools: [pay], agents: [{ ...assistant, tools: ["pay"] }] });
    provider.script(calling(["pay", { euros: 1_000 }]), calling(["pay", { euros: 10 }]), saying("Paid ten."));
    const id = await submit({ query: "Pay the bill" });
    const asked = await until(id, "task.input_required", 1);
    expect(asked.waits).toMatchObject([
      { prompt: { asks: "approval", text: 'May the agent call pay with {"euros":1000}?' } },
    ]);
    await engine.verbs.tasks.input(ada, id, { value: { approved: false, comment: "too much" } });
    await until(id, "task.input_required", 2);
    await engine.verbs.tasks.input(ada, id, { value: { approved: true } });
    await completed(id);
    expect(paid).toEqual([10]);
    expect(results(3)).toEqual(["A person refused this call: it was not made. They said: too much", "paid"]);
  });
});

describe("a budget", () => {
  it("pauses the run before the call that would go beyond it, and a resume grants it once more", async () => {
    await start();
    const turns = (n: number) => Array.from({ length: n }, (_, turn) => adding(`${turn}+1`));
    provider.script(...turns(3), saying("Enough."));
    const id = await submit({ query: "Add" }, { budget: { tokens: 60 } });
    await until(id, "task.paused");
    expect(provider.requests).toHaveLength(2);
    const paused = await task(id);
    expect(paused).toMatchObject({
      state: "paused",
      pausedBy: { reason: expect.stringContaining("60 of 60 tokens in 2 model calls. Resume the task to grant") },
    });
    await engine.verbs.tasks.resume(ada, id);
    await completed(id);
    expect(provider.requests).toHaveLength(4);
    expect(await eventsOf(id, "budget.threshold")).toMatchObject([
      {
        usagePercent: 100,
        thresholdPercent: 100,
        tokensUsed: 60,
        tokensBudget: 60,
        level: "exhausted",
        budgetType: "tokens",
      },
    ]);
  });

  it("fails the task where it must not be exceeded, and warns before", async () => {
    await start();
    provider.script(...["1", "2", "3", "4", "5"].map((n) => adding(`${n}+1`)));
    const id = await submit({ query: "Add" }, { budget: { tokens: 140, onSpent: "fail" } });
    expect(await failed(id)).toBe(
      "The task's token budget is spent: 150 of 140 tokens in 5 model calls. Submit it again with a larger budget.",
    );
    expect(await task(id)).toMatchObject({ error: { code: "budget_exhausted" } });
    expect((await eventsOf(id, "budget.threshold")).map((data) => data["level"])).toEqual(["warning", "exhausted"]);
  });
});

describe("a conversation", () => {
  it("is the memory of its later tasks, as far back as they ask for", async () => {
    await start();
    provider.script(saying("Hello Ada."), saying("Ada."), saying("I do not know."));
    const conversation = { alias: "chat" };
    await completed(await submit({ query: "My name is Ada" }, { conversation }));
    await completed(await submit({ query: "What is my name?" }, { conversation }));
    await completed(await submit({ query: "And now?", historyMessages: 0 }, { conversation }));
    expect(sent(2).messages.slice(1)).toMatchObject([
      { role: "user", content: "My name is Ada" },
      { role: "assistant", content: "Hello Ada." },
      { role: "user", content: "What is my name?" },
    ]);
    expect(sent(3).messages.slice(1)).toMatchObject([{ role: "user", content: "And now?" }]);
  });
});

describe("the offline model", () => {
  const offline = (query: string, more: Partial<Submission> = {}) => submit({ query, model: "local:reference" }, more);

  it.each([
    ["What is the capital of France?", /Paris/],
    ["What is 17 * 23?", /391/],
    ["Convert 5 miles to km", /8\.04672/],
    ["What is today's date?", /22 November 2026/],
  ])("answers %s", async (query, answer) => {
    await start();
    const ended = await completed(await offline(query));
    expect(ended.output).toMatchObject({ text: expect.stringMatching(answer), provider: "local" });
    expect(ended.usage.costUsd).toBe(0);
    expect(ended.usage.inputTokens).toBeGreaterThan(0);
  });

  it("remembers a name within its conversation", async () => {
    await start();
    const conversation = { alias: "chat" };
    await completed(await offline("My name is Ada", { conversation }));
    const ended = await completed(await offline("What is my name?", { conversation }));
    expect(ended.output).toMatchObject({ text: expect.stringContaining("Ada") });
  });
});
