import { describe, expect, it } from "vitest";
import { z } from "zod";
import { ada, adding, agentLife, calling, saying } from "../../../test/agent-life.ts";
import { assistant } from "./definition.ts";
import { defineTool } from "./tool.ts";

const lives = agentLife();

describe("a simple run", () => {
  it("is one model call without tools, and its log tells it in order", async () => {
    const life = lives.current;
    await life.start();
    life.provider.script(saying("Hello Ada."));
    const id = await life.submit({ query: "Say hello", mode: "simple", instructions: "Be kind." });
    const ended = await life.completed(id);
    expect(ended.output).toEqual({
      text: "Hello Ada.",
      model: "m1",
      provider: "lab",
      ranAs: "simple",
      turns: 1,
      toolCalls: 0,
    });
    expect(ended.usage).toMatchObject({ calls: 1, inputTokens: 20, outputTokens: 10, costUsd: 0.00012 });
    expect(life.sent(1).tools).toBeUndefined();
    expect(String(life.sent(1).messages[0]?.content)).toMatch(/^Be kind\.\n\nYou are a helpful assistant/);
    const story = (await life.types(id)).filter((type) => !/^(?:step|usage|output)\./.test(type));
    expect(story).toEqual([
      "task.submitted",
      "task.started",
      "agent.started",
      "agent.answered",
      "agent.completed",
      "task.completed",
    ]);
    expect(await life.eventsOf(id, "agent.answered")).toMatchObject([
      { text: "Hello Ada.", final: true, model: "m1", provider: "lab", inputTokens: 20, outputTokens: 10 },
    ]);
  });

  it("streams its text while it comes", async () => {
    const life = lives.current;
    await life.start();
    life.provider.script({ kind: "stall", text: "Once upon" });
    const id = await life.submit({ query: "Tell a tale", mode: "simple" });
    await life.provider.received(1);
    let streamed = false;
    void life.until(id, "output.delta").then(() => {
      streamed = true;
    });
    while (!streamed) await life.advance(50);
    expect(await life.eventsOf(id, "output.delta")).toMatchObject([{ text: "Once upon", agent: "" }]);
  });

  it("is tried twice at most, and then says what happened and what to do", async () => {
    const life = lives.current;
    await life.start();
    life.provider.script({ kind: "status", status: 500 }, { kind: "status", status: 503, message: "overloaded" });
    const id = await life.submit({ query: "Hello", mode: "simple" });
    await life.until(id, "step.retrying");
    await life.advance(5_000);
    expect(await life.failed(id)).toMatch(
      /^Asking lab:m1 failed, tried 2 times of at most 2: lab answered 503: overloaded\. Retry the task when/,
    );
    expect(life.provider.requests).toHaveLength(2);
  });

  it("says plainly that a refused request will be refused again", async () => {
    const life = lives.current;
    await life.start();
    life.provider.script({ kind: "status", status: 401, message: "bad key" });
    const id = await life.submit({ query: "Hello" });
    expect(await life.failed(id)).toMatch(
      /^Asking lab:m1 failed: lab answered 401: bad key\. Asking again does not help: check/,
    );
    expect(await life.task(id)).toMatchObject({ error: { code: "model_refused" } });
    expect(life.provider.requests).toHaveLength(1);
  });
});

describe("a standard run", () => {
  it("lets the model use tools until it answers", async () => {
    const life = lives.current;
    await life.start();
    life.provider.script({ ...adding("6*7"), text: "Let me see." }, saying("It is 42."));
    const id = await life.submit({ query: "What is six times seven?" });
    expect((await life.completed(id)).output).toMatchObject({
      text: "It is 42.",
      ranAs: "standard",
      turns: 2,
      toolCalls: 1,
    });
    expect(life.sent(1).tools).toHaveLength(6);
    expect(life.results(2)).toEqual(["42"]);
    expect((await life.types(id)).filter((type) => /^(?:agent|tool)\./.test(type))).toEqual([
      "agent.started",
      "agent.thinking",
      "agent.answered",
      "tool.invoked",
      "tool.observed",
      "agent.thinking",
      "agent.answered",
      "agent.completed",
    ]);
    expect(await life.eventsOf(id, "agent.answered")).toMatchObject([
      { text: "Let me see.", final: false },
      { final: true },
    ]);
    expect(await life.eventsOf(id, "tool.invoked")).toEqual([
      { agent: "", callId: "1.1", tool: "calculator", params: { expression: "6*7" } },
    ]);
    expect(await life.eventsOf(id, "tool.observed")).toMatchObject([{ callId: "1.1", success: true, output: "42" }]);
  });

  it("goes on after a crash in its third turn without asking or doing anything twice", async () => {
    const life = lives.current;
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
    await life.start(parts);
    life.provider.script(
      calling(["note", { text: "a" }]),
      calling(["note", { text: "b" }]),
      { kind: "silence" },
      saying("Noted."),
    );
    const id = await life.submit({ query: "Note a and b" });
    await life.provider.received(3);
    await life.crash(parts);
    const ended = await life.completed(id);
    expect(ended).toMatchObject({ attempt: 2, output: { text: "Noted.", turns: 3 } });
    // That of the process that died was paid for as well.
    expect(ended.usage).toMatchObject({ calls: 4, estimatedCalls: 1 });
    expect(done).toEqual(["a", "b"]);
    expect(life.provider.requests).toHaveLength(4);
    expect(life.sent(4)).toEqual(life.sent(3));
    expect((await life.eventsOf(id, "agent.answered")).filter((data) => data.final === true)).toHaveLength(1);
  });

  it("keeps its tools and model when the server comes back with another configuration", async () => {
    const life = lives.current;
    const note = defineTool({ name: "note", description: "", input: z.strictObject({}), run: () => "noted" });
    await life.start({ tools: [note], agents: [{ ...assistant, tools: ["note"] }] });
    life.provider.script(calling(["note", {}]), { kind: "silence" }, calling(["note", {}]), saying("Done."));
    const id = await life.submit({ query: "Note it" });
    await life.provider.received(2);
    await life.crash({ agents: [{ ...assistant, slug: "other", tools: [], model: "local:reference" }] });
    expect((await life.completed(id)).output).toMatchObject({ text: "Done.", model: "m1" });
    expect(life.results(4)).toEqual(["noted", expect.stringContaining("this server no longer has it")]);
  });

  it("goes on with the calls that it has made, whatever has become of their tools since", async () => {
    const life = lives.current;
    type Shape = { needsApproval?: boolean; input?: z.ZodObject };
    const parts = ({ needsApproval = false, input = z.strictObject({ n: z.number() }) }: Shape) => ({
      tools: [defineTool({ name: "note", description: "", input, needsApproval, run: () => "noted" })],
      agents: [{ ...assistant, tools: ["note"] }],
    });
    const gone = { agents: [{ ...assistant, slug: "other", tools: [] }] };
    await life.start(parts({}));
    life.provider.script(calling(["note", { n: 1 }]), { kind: "silence" });
    const id = await life.submit({ query: "Note it" });
    await life.provider.received(2);
    // Of a call that was made, a tool that asks first, or wants other arguments, changes nothing; of the next one it does.
    life.provider.script({ kind: "silence" }, calling(["note", { n: 2 }]));
    await life.crash(parts({ needsApproval: true, input: z.strictObject({ text: z.string() }) }));
    await life.provider.received(3);
    await life.crash(parts({ needsApproval: true }));
    await life.until(id, "task.input_required");
    // Asked once, it goes by the answer: also where the tool asks no more, and where it is gone and comes again.
    await life.crash(parts({}));
    life.provider.script({ kind: "silence" }, { kind: "silence" }, saying("Noted."));
    await life.crash(gone);
    await life.verbs.tasks.input(ada, id, { value: { approved: true } });
    await life.provider.received(5);
    await life.crash(parts({ needsApproval: true }));
    await life.provider.received(6);
    await life.crash(parts({}));
    expect((await life.completed(id)).output).toMatchObject({ text: "Noted.", toolCalls: 2 });
    expect(life.results(7)).toEqual(["noted", expect.stringContaining("this server no longer has it")]);
  });

  it("that has not begun yet stands still as long as the configuration has no such agent", async () => {
    const life = lives.current;
    const cook = { agents: [assistant, { ...assistant, slug: "cook" }] };
    await life.start(cook);
    const input = { query: "Soup?", agent: "cook" };
    const id = await life.submit(input, { delayMs: 60_000 });
    await life.crash();
    await life.advance(60_000);
    const { waits } = await life.until(id, "task.waiting");
    const message = expect.stringContaining('There is no agent "cook"');
    expect(waits).toMatchObject([{ on: "handler", code: "handler_version", message }]);
    expect((await life.verbs.tasks.why(ada, id)).summary).toContain('There is no agent "cook"');
    life.provider.script(saying("Leek."));
    await life.crash(cook);
    expect((await life.completed(id)).output).toMatchObject({ text: "Leek." });
  });

  it("stands still as long as the configuration lacks its model, before its plan and behind it, and fails for none", async () => {
    const life = lives.current;
    await life.start();
    life.provider.script({ kind: "silence" });
    const input = { query: "Soup?", model: "lab:m1" };
    const begun = await life.submit(input);
    await life.provider.received(1);
    const later = await life.submit(input, { delayMs: 60_000 });
    await life.crash({ models: {} });
    await life.advance(60_000);
    for (const id of [begun, later]) {
      const { waits } = await life.until(id, "task.waiting");
      const message = expect.stringContaining("Unknown model lab:m1. Configured: local");
      expect(waits).toMatchObject([{ on: "handler", code: "handler_version", message }]);
    }
    life.provider.script(saying("Leek."), saying("Leek."));
    await life.crash();
    for (const id of [begun, later]) expect((await life.completed(id)).output).toMatchObject({ text: "Leek." });
  });

  it("waits as long as the provider asks before it tries again", async () => {
    const life = lives.current;
    await life.start();
    life.provider.script({ kind: "status", status: 429, headers: { "retry-after": "30" } }, saying("Now."));
    const id = await life.submit({ query: "Hello" });
    await life.until(id, "task.waiting");
    expect(await life.task(id)).toMatchObject({
      state: "waiting",
      waits: [{ on: "retry", until: life.clock.now() + 30_000 }],
    });
    await life.advance(29_000);
    expect(life.provider.requests).toHaveLength(1);
    await life.advance(1_000);
    expect((await life.completed(id)).usage.calls).toBe(1);
  });

  it("asks again when a stream is cut or says nothing, and pays for all three answers", async () => {
    const life = lives.current;
    await life.start();
    life.provider.script({ kind: "cut", text: "Half an" }, saying(" "), saying("A whole answer."));
    const id = await life.submit({ query: "Hello" });
    await life.until(id, "step.retrying", 1);
    await life.advance(5_000);
    await life.until(id, "step.retrying", 2);
    await life.advance(10_000);
    const { output, usage } = await life.completed(id);
    expect({ output, calls: usage.calls }).toMatchObject({ output: { text: "A whole answer." }, calls: 3 });
    // Two have told their counts; of the one that was cut they are estimated.
    expect(usage.outputTokens).toBe(10 + 10 + 2);
  });

  it("tells the model what was wrong with a call, and lets it try again", async () => {
    const life = lives.current;
    const broken = defineTool({
      name: "broken",
      description: "",
      input: z.strictObject({}),
      run: () => {
        throw new Error("the printer is on fire");
      },
    });
    await life.start({ tools: [broken], agents: [{ ...assistant, tools: ["calculator", "broken"] }] });
    life.provider.script(
      calling(["calculator", { sum: 1 }], ["calculator", '{"expression": '], ["teleport", {}], ["broken", {}]),
      adding("1+1"),
      saying("2"),
    );
    const id = await life.submit({ query: "What is one and one?" });
    expect((await life.completed(id)).output).toMatchObject({ text: "2", turns: 3, toolCalls: 5 });
    expect(life.results(2)).toEqual([
      expect.stringContaining("The arguments of calculator do not fit"),
      expect.stringContaining("not JSON"),
      'There is no tool "teleport". Tools: calculator, broken.',
      "broken failed: the printer is on fire",
    ]);
    expect((await life.eventsOf(id, "tool.observed")).map((data) => data.success)).toEqual([
      false,
      false,
      false,
      false,
      true,
    ]);
    // Where it was thrown is for whoever looks after the tool. A built-in one that has no answer is not broken.
    const stack = expect.stringContaining("run.test.ts");
    expect(life.reported).toMatchObject([{ task: id, error: { message: "the printer is on fire", stack } }]);
  });

  it("makes a model that only ever calls wrongly answer in the end", async () => {
    const life = lives.current;
    await life.start();
    const wrong = calling(["teleport", {}]);
    life.provider.script(wrong, wrong, wrong, saying("I could not."));
    const id = await life.submit({ query: "Beam me up" });
    expect((await life.completed(id)).output).toMatchObject({ text: "I could not.", turns: 4 });
    expect(life.sent(4)).toMatchObject({ tool_choice: "none" });
  });

  it("demands an answer in its last turn, and fails clearly when there is none", async () => {
    const life = lives.current;
    await life.start();
    life.provider.script(adding("1+1"), adding("2+2"), adding("3+3"), adding("4+4"));
    const id = await life.submit({ query: "Keep adding", maxTurns: 2 });
    await life.until(id, "step.retrying", 1);
    await life.advance(5_000);
    await life.until(id, "step.retrying", 2);
    await life.advance(5_000);
    expect(await life.failed(id)).toBe(
      "lab:m1 gave no answer, tried 3 times. Word the request differently, or choose another model.",
    );
    expect(life.sent(2)).toMatchObject({ tool_choice: "none" });
    expect(JSON.stringify(life.sent(2).messages[0])).toContain("No more tools can be called now.");
    expect((await life.task(id)).usage.calls).toBe(4);
  });

  it("makes the calls of one turn at the same time, and after a crash only those that had not ended", async () => {
    const life = lives.current;
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
    await life.start(parts);
    life.provider.script(calling(["fetch_page", { page: "slow" }], ["fetch_page", { page: "fast" }]), saying("Read."));
    const id = await life.submit({ query: "Read both" });
    await both.promise;
    await life.until(id, "tool.observed");
    held = Promise.withResolvers();
    held.resolve();
    await life.crash(parts);
    await life.completed(id);
    expect(runs).toEqual(["slow", "fast", "slow"]);
    expect(life.results(2)).toEqual(["page slow", "page fast"]);
  });

  it("asks the model to go on where its answer was cut, and gives the whole", async () => {
    const life = lives.current;
    await life.start();
    life.provider.script({ kind: "length", text: "One, two" }, saying(", three."));
    const id = await life.submit({ query: "Count" });
    expect((await life.completed(id)).output).toMatchObject({ text: "One, two, three." });
    expect(life.sent(2).messages.slice(-2)).toMatchObject([
      { role: "assistant", content: "One, two" },
      { role: "user", content: "Continue exactly where you stopped." },
    ]);
    expect(await life.eventsOf(id, "agent.answered")).toMatchObject([{ final: true, outputTokens: 20 }]);
  });

  it("says where an answer ends that was never finished", async () => {
    const life = lives.current;
    await life.start();
    life.provider.script({ kind: "length", text: "One, two" });
    const id = await life.submit({ query: "Count", mode: "simple" });
    expect((await life.completed(id)).output).toMatchObject({
      text: expect.stringMatching(/^One, two\n\n\[The answer ends here/),
    });
  });

  it.each(["complex", "supervisor"])("stands in for %s and says so", async (mode) => {
    const life = lives.current;
    await life.start();
    life.provider.script(saying("Done."));
    const id = await life.submit({ query: "Think hard", mode });
    expect((await life.completed(id)).output).toMatchObject({ ranAs: "standard" });
    expect(await life.eventsOf(id, "agent.mode_changed")).toEqual([
      { asked: mode, ran: "standard", reason: `This server runs ${mode} tasks as standard.` },
    ]);
  });

  it("hangs up on the provider when it is cancelled in the middle of an answer", async () => {
    const life = lives.current;
    await life.start();
    life.provider.script({ kind: "endless", text: "and on " });
    const id = await life.submit({ query: "Talk" });
    await life.provider.received(1);
    await life.verbs.tasks.cancel(ada, id);
    await life.provider.idle();
    expect((await life.task(id)).state).toBe("cancelled");
  });
});
