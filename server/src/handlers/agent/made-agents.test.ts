/** Tasks of agents that callers have made, and agents that ask one another. */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { ada, agentLife, calling, saying } from "../../../test/agent-life.ts";
import type { JsonObject } from "../../task/json/json.ts";
import type { NewAgent } from "../../verbs/agents.ts";
import { assistant, defineAgent } from "./definition.ts";
import { defineTool } from "./tool.ts";

const lives = agentLife();
const made = async (agent: NewAgent) => (await lives.current.verbs.agents.create(ada, agent)).agent;
const instructionsOf = (n: number) => String(lives.current.sent(n).messages[0]?.content);
const children = async (parent: string) =>
  (await lives.current.verbs.tasks.list(ada, { parent }, { limit: 9 })).tasks.map(({ id }) => id);

describe("a task of an agent that a caller has made", () => {
  it("runs it by its slug or its id, and its input says what the agent was", async () => {
    const life = lives.current;
    await life.start();
    const { id, version } = await made({ name: "Poet", instructions: "Answer in rhyme.", tools: [], maxTurns: 3 });
    for (const [n, agent] of ["poet", id].entries()) {
      life.provider.script(saying("Roses are red."));
      const task = await life.completed(await life.submit({ query: "Hello", agent }));
      expect(instructionsOf(n + 1)).toMatch(/^Answer in rhyme\./);
      expect(task.input).toMatchObject({ agent: "poet", bound: { id, version, slug: "poet", tools: [], maxTurns: 3 } });
    }
  });

  it("goes on unchanged when the agent changes or goes before it begins, and after a crash", async () => {
    const life = lives.current;
    await life.start();
    await made({ name: "Poet", instructions: "Answer in rhyme." });
    const delayed = await life.submit({ query: "Hello", agent: "poet" }, { delayMs: 60_000 });
    await life.verbs.agents.update(ada, "poet", { instructions: "Answer in prose." });
    const later = await life.submit({ query: "Hello", agent: "poet" }, { delayMs: 120_000 });
    await life.verbs.agents.delete(ada, "poet");
    await life.crash();
    life.provider.script(saying("Roses are red."), saying("There are roses."));
    await life.advance(60_000);
    await life.completed(delayed);
    await life.advance(60_000);
    await life.completed(later);
    expect(instructionsOf(1)).toMatch(/^Answer in rhyme\./);
    expect(instructionsOf(2)).toMatch(/^Answer in prose\./);
    const again = await life.verbs.tasks.retry(ada, delayed, { reuseJournal: false });
    life.provider.script(saying("Violets are blue."));
    await life.completed(again.task.id);
    expect(instructionsOf(3)).toMatch(/^Answer in rhyme\./);
  });

  it("is refused at the field that names an agent which is not there, or which brings its own", async () => {
    const life = lives.current;
    await life.start();
    const agent = await made({ name: "Poet" });
    await life.verbs.agents.delete(ada, "poet");
    for (const [input, field] of [
      [{ agent: "poet" }, "input.agent"],
      [{ agent: agent.id }, "input.agent"],
      [{ agent: "../poet" }, "input.agent"],
      [{ bound: { id: agent.id } }, "input.bound"],
    ] as const)
      await expect(life.submit({ query: "Hello", ...input })).rejects.toMatchObject({
        code: "invalid",
        detail: { field },
      });
  });

  it("is the same task for a submit that comes again under its key, also when the agent is gone", async () => {
    const life = lives.current;
    await life.start();
    await made({ name: "Poet", tools: [] });
    const submit = (query: string) =>
      life.verbs.tasks.submit(
        ada,
        "native",
        { kind: "agent", input: { query, agent: "poet" } },
        { key: "k", hash: query },
      );
    const first = await submit("Hello");
    await life.verbs.agents.delete(ada, "poet");
    expect(await submit("Hello")).toMatchObject({ replayed: true, task: { id: first.task.id } });
    await expect(submit("Another")).rejects.toMatchObject({ code: "conflict" });
    await life.completed(first.task.id);
  });

  it("is refused when the agent's model or tools are there no more", async () => {
    const life = lives.current;
    const note = defineTool({ name: "note", description: "Notes.", input: z.object({}), run: () => "Noted." });
    await life.start({ tools: [note] });
    await made({ name: "Clerk", tools: ["note"] });
    await life.crash({ tools: [] });
    const refused = life.submit({ query: "Hello", agent: "clerk" });
    await expect(refused).rejects.toMatchObject({ code: "invalid", detail: { field: "input.agent" } });
    await expect(life.submit({ query: "Hello", agent: "clerk" })).rejects.toThrow(/"note"/);
  });

  it("takes as long as its agent may", async () => {
    const life = lives.current;
    await life.start();
    await made({ name: "Poet", timeLimitMs: 5_000 });
    life.provider.script({ kind: "stall", text: "Roses" });
    const id = await life.submit({ query: "Hello", agent: "poet" });
    expect((await life.task(id)).timeLimitMs).toBe(5_000);
  });
});

describe("an agent with collaborators", () => {
  const ask = (agent: string, question: string) => calling(["consult_agent", { agent, question }]);

  it("hands a question to another one as a task below its own, and goes on with the answer after a crash", async () => {
    const life = lives.current;
    await life.start();
    await made({ name: "Poet", description: "Writes verse.", instructions: "Answer in rhyme.", tools: [] });
    await made({ name: "Editor", instructions: "Edit.", tools: [], collaborators: ["poet"] });
    life.provider.script(ask("poet", "Two lines on roses"), { kind: "stall", text: "Roses" });
    const id = await life.submit({ query: "A poem, please", agent: "editor" });
    await life.provider.received(2);
    const [child = ""] = await children(id);
    expect(await life.task(child)).toMatchObject({ parent: id, input: { query: "Two lines on roses", agent: "poet" } });
    const tools = z.array(z.object({ function: z.object({ name: z.string(), description: z.string() }) }));
    const [tool] = tools.parse(life.sent(1).tools);
    expect(tool?.function).toMatchObject({
      name: "consult_agent",
      description: expect.stringContaining("- poet: Writes verse."),
    });
    // Whatever becomes of the other agent now, its task goes on as it began.
    await life.verbs.agents.delete(ada, "poet");
    await life.crash();
    life.provider.script(saying("Roses are red."), saying("Here it is: Roses are red."));
    expect((await life.completed(id)).output).toMatchObject({ text: "Here it is: Roses are red.", toolCalls: 1 });
    expect(life.results(4)).toEqual(["Roses are red."]);
    expect(await children(id)).toEqual([child]);
  });

  it("hears that one of them is gone, or has failed, and goes on", async () => {
    const life = lives.current;
    await life.start();
    await made({ name: "Poet" });
    await made({ name: "Editor", tools: [], collaborators: ["poet", "assistant"] });
    const id = await life.submit({ query: "A poem", agent: "editor" }, { delayMs: 1_000 });
    await life.verbs.agents.delete(ada, "poet");
    life.provider.script(
      ask("poet", "Two lines"),
      ask("assistant", "Two lines"),
      { kind: "status", status: 401, message: "no key" },
      saying("Nobody could help."),
    );
    await life.advance(1_000);
    expect((await life.completed(id)).output).toMatchObject({ text: "Nobody could help." });
    expect(life.results(2)).toEqual([expect.stringContaining("poet is not there any more")]);
    expect(life.results(4)).toEqual([expect.anything(), expect.stringContaining("consult_agent failed")]);
  });

  it("waits for another one no longer than for people, where its submit says how long, and is over then", async () => {
    const life = lives.current;
    await life.start();
    await made({ name: "Poet", tools: [] });
    await made({ name: "Editor", tools: [], collaborators: ["poet"] });
    life.provider.script(ask("poet", "Two lines"), { kind: "stall", text: "Roses" });
    const id = await life.submit({ query: "A poem", agent: "editor", answerWithinMs: 600_000 });
    await life.provider.received(2);
    const [child = ""] = await children(id);
    await life.advance(600_000);
    expect(await life.failed(id)).toMatch(/^consult_agent did not answer in time: /);
    expect(await life.task(id)).toMatchObject({ error: { code: "deadline" } });
    expect((await life.task(child)).state).toBe("timed_out");
  });

  it("asks in a circle no deeper than a tree of tasks may be", async () => {
    const life = lives.current;
    await life.start();
    await made({ name: "One", tools: [] });
    await made({ name: "Two", tools: [], collaborators: ["one"] });
    await life.verbs.agents.update(ada, "one", { collaborators: ["two"] });
    const circle: JsonObject[] = [];
    for (let n = 0; n < 200; n++) circle.push({});
    life.provider.script(
      ...circle.map((_, n) => ask(n % 2 === 0 ? "two" : "one", "And you?")).slice(0, 16),
      ...circle.map(() => saying("Nobody knows.")),
    );
    const id = await life.submit({ query: "Who knows?", agent: "one" });
    await life.completed(id);
    let depth = 0;
    for (let below = await children(id); below[0] !== undefined; below = await children(below[0])) depth++;
    expect(depth).toBeGreaterThan(2);
    expect(depth).toBeLessThanOrEqual(16);
  });

  it("of the configuration may ask others of the configuration, and no one else", async () => {
    const life = lives.current;
    const poet = defineAgent({ slug: "poet", name: "Poet", tools: [] });
    await life.start({ agents: [{ ...assistant, tools: [], collaborators: ["poet"] }, poet] });
    life.provider.script(ask("poet", "A line"), saying("Roses."), saying("Roses, she said."));
    expect((await life.completed(await life.submit({ query: "A line" }))).output).toMatchObject({ toolCalls: 1 });
    const strange = { agents: [{ ...assistant, collaborators: ["nobody"] }] };
    await expect(life.crash(strange)).rejects.toThrow(/collaborator "nobody"/);
  });
});
