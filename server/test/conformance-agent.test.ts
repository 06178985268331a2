/** The agent of `examples/a2a-conformance` by our own verbs: each thing that the conformance kits ask it for. */
import { describe, expect, it } from "vitest";
import { conformance } from "../../examples/a2a-conformance/conformance.ts";
import { defineAgent } from "../src/handlers/agent/definition.ts";
import type { Artifact } from "../src/task/artifact.ts";
import type { Task } from "../src/task/task.ts";
import { ada, agentLife } from "./agent-life.ts";

const lives = agentLife();

function said(id: string, text = "TCK") {
  return { query: text, message: { id, parts: [{ text }], metadata: { from: "the kit" } } };
}

async function played(id: string): Promise<{ task: Task; artifacts: Artifact[] }> {
  const life = lives.current;
  await life.start({ agents: [conformance] });
  const task = await life.task(await life.submit(said(id)));
  const settled = await life.verbs.tasks.settled(ada, task.id, 60_000, new AbortController().signal);
  const { artifacts } = await life.verbs.tasks.artifacts(ada, task.id);
  return { task: settled, artifacts };
}

const words = (text: string) => ({ message: { parts: [{ text }] } });
const output = { name: "output.txt", mediaType: "text/plain" };

describe("the conformance agent", () => {
  it.each([
    ["tck-complete-task-1f", words("Hello from TCK")],
    ["tck-stream-002-1f", words("Hello from TCK")],
    ["tck-anything-else", words("Hello from TCK")],
    ["test-anything-else", words("Hello from TCK")],
    ["tck-message-response-1f", { ...words("Direct message response"), alone: true }],
  ])("ends %s with a message", async (id, expected) => {
    const { task, artifacts } = await played(id);
    expect(task).toMatchObject({ state: "completed", kind: "agent", output: expected });
    expect(artifacts).toEqual([]);
  });

  it.each([
    ["tck-artifact-text-1f", [{ text: "Generated text content" }]],
    ["tck-artifact-file-1f", [{ file: { bytes: "dGNr" }, ...output }]],
    ["tck-artifact-file-url-1f", [{ file: { url: "https://example.com/output.txt" }, ...output }]],
    ["tck-artifact-data-1f", [{ data: { key: "value", count: 42 } }]],
    ["tck-stream-001-1f", [{ text: "Stream hello from TCK" }]],
    ["tck-stream-003-1f", [{ text: "Stream task lifecycle" }]],
    ["tck-stream-ordering-001-1f", [{ text: "Ordered output" }]],
    ["tck-stream-artifact-text-1f", [{ text: "Streamed text content" }]],
    ["tck-stream-artifact-file-1f", [{ file: { bytes: "dGNr" }, ...output }]],
    ["tck-stream-artifact-chunked-1f", [{ text: "chunk-1 " }, { text: "chunk-2" }]],
  ])("makes an artifact of %s", async (id, parts) => {
    const { task, artifacts } = await played(id);
    expect(task).toMatchObject({ state: "completed", output: null });
    expect(artifacts).toMatchObject([{ id: "output", parts, complete: true }]);
  });

  it("makes its artifact in two pieces, of which the second is the last", async () => {
    const life = lives.current;
    const { task } = await played("tck-stream-artifact-chunked-1f");
    expect(await life.eventsOf(task.id, "artifact.updated")).toMatchObject([
      { append: false, last: false, artifact: { parts: [{ text: "chunk-1 " }] } },
      { append: true, last: true, artifact: { parts: [{ text: "chunk-2" }] } },
    ]);
  });

  it("rejects what it does not do", async () => {
    const { task } = await played("tck-reject-task-1f");
    expect(task).toMatchObject({ state: "rejected", error: { code: "rejected" } });
  });

  it.each([
    ["tck-input-required-1f", "answer"],
    ["tck-auth-required-1f", "authorization"],
    ["an-ordinary-message", "answer"],
    ["test-message-id-1f", "answer"],
    ["test-history-create-1f", "answer"],
    ["test-cancel-1f", "answer"],
  ])("asks at %s, and does what the message says that answers", async (id, asks) => {
    const life = lives.current;
    const { task } = await played(id);
    expect(task).toMatchObject({ state: "input_required", waits: [{ prompt: { asks } }] });
    const answer = { message: { id: "tck-artifact-data-2a", parts: [{ text: "Go on." }] } };
    await life.verbs.tasks.input(ada, task.id, { value: answer });
    expect((await life.completed(task.id)).output).toBeNull();
    const { artifacts } = await life.verbs.tasks.artifacts(ada, task.id);
    expect(artifacts).toMatchObject([{ parts: [{ data: { count: 42 } }] }]);
  });

  it.each([
    ["test-resubscribe-message-id-1f", 4_000, null],
    ["tck-delayed-complete-1f", 2_000, words("Done after delay")],
  ])("is at %s for as long as the kit needs, also over a restart", async (id, ms, expected) => {
    const life = lives.current;
    await life.start({ agents: [conformance] });
    const task = await life.submit(said(id));
    await life.until(task, "task.waiting");
    await life.advance(ms - 1);
    await life.crash({ agents: [conformance] });
    expect((await life.task(task)).state).toBe("waiting");
    await life.advance(1);
    expect((await life.completed(task)).output).toEqual(expected);
  });
});

describe("an agent whose run is code", () => {
  const echo = defineAgent({ slug: "echo", name: "Echo", run: async (_, { query }) => `You said ${query}.` });

  it("hears the message whole, and is answered for in its conversation", async () => {
    const life = lives.current;
    const heard: unknown[] = [];
    const listener = defineAgent({
      slug: "listener",
      name: "Listener",
      run: async (ctx, { message = null }) => {
        heard.push(message);
        const answer = await ctx.waitForInput("more", { asks: "answer", prompt: "More?" });
        return {
          message: {
            parts: [{ data: [answer?.value ?? null, answer?.message?.id ?? null] }],
            metadata: { mood: "good" },
          },
        };
      },
    });
    await life.start({ agents: [listener] });
    const message = {
      id: "m-1",
      parts: [{ data: [1], name: "list" }, { text: "See this." }],
      extensions: ["https://example.org/ext"],
      references: ["task_1"],
    };
    const id = await life.submit({ query: "See this.", message }, { conversation: { alias: "talk" } });
    await life.until(id, "task.input_required");
    await life.verbs.tasks.input(ada, id, { value: { message: { id: "m-2", parts: [{ text: "No." }] } } });
    await life.completed(id);
    expect(heard).toEqual([message, message]);
    const { conversation } = await life.task(id);
    const { messages } = await life.verbs.conversations.messages(ada, conversation ?? "", { limit: 10, offset: 0 });
    expect(messages.map(({ role, parts }) => ({ role, parts }))).toMatchObject([
      { role: "user", parts: message.parts },
      { role: "agent", parts: [{ text: "More?" }] },
      { role: "user", parts: [{ text: "No." }] },
      { role: "agent", parts: [{ data: ["No.", "m-2"] }] },
    ]);
  });

  it("goes on with a task that it has begun, also when another is the default by then", async () => {
    const life = lives.current;
    const slow = defineAgent({
      slug: "slow",
      name: "Slow",
      run: async (ctx) => {
        await ctx.sleep("nap", 1_000);
        return "slow";
      },
    });
    await life.start({ agents: [slow, echo] });
    const id = await life.submit({ query: "Go" });
    await life.until(id, "task.waiting");
    await life.crash({ agents: [echo, slow] });
    await life.advance(1_000);
    expect((await life.completed(id)).output).toBe("slow");
    expect((await life.completed(await life.submit({ query: "hello" }))).output).toBe("You said hello.");
  });

  it("has no guardrails, and no other agent answers with a message alone", () => {
    expect(() =>
      defineAgent({ slug: "a", name: "A", guardrails: { hap: { input: {} } }, run: async () => null }),
    ).toThrow();
    expect(() => defineAgent({ slug: "a", name: "A", answersAlone: true })).toThrow("answersAlone");
  });
});
