import { expect, test } from "vitest";
import { type EventData, type EventType, eventDraft } from "../../../task/events/event.ts";
import { jsonObject } from "../../../task/json/json.ts";
import type { Prompt } from "../../../task/task.ts";
import { LogProjection } from "./log-projection.ts";

const ID = "task_00000000000000000000000001";

/** A log as it is written, and what its reader has told so far. */
class Log {
  readonly #reader = new LogProjection({ id: ID, contextId: "c", createdAt: 1 });
  #seq = 0;

  /** In a word for each of the protocol's events, as `working`, or `+ the text that an artifact is given`. */
  add<Type extends EventType>(type: Type, data: EventData[Type]): string[] {
    this.#seq += 1;
    const event = { task: ID, seq: this.#seq, at: this.#seq, ...eventDraft(type, jsonObject.parse(data)) };
    return this.#reader.read(event).map((view) => {
      if ("statusUpdate" in view) {
        const { state, message } = view.statusUpdate.status;
        const [part] = message?.parts ?? [];
        return part && "text" in part ? `${state}: ${part.text}` : state;
      }
      if (!("artifactUpdate" in view)) return "another";
      const { append, lastChunk, artifact } = view.artifactUpdate;
      const text = artifact.parts.map((part) => ("text" in part ? part.text : "")).join("");
      return `${append ? "+" : "="} ${text}${lastChunk ? " ." : ""}`;
    });
  }

  get size(): number {
    return this.#reader.size;
  }

  endSnapshots(): void {
    this.#reader.endSnapshots();
  }

  get text(): string {
    return this.#reader.artifacts
      .flatMap(({ parts }) => parts.map((part) => ("text" in part ? part.text : "")))
      .join("");
  }
}

const started = { attempt: 1, cause: "first" } as const;
const prompt = (name: string, asks: Prompt["asks"] = "answer"): Prompt => ({
  name,
  asks,
  text: `${name}?`,
  schema: null,
});

test("a step of a model that begins again takes back what it has said, and no text is told twice", () => {
  const log = new Log();
  log.add("task.started", started);
  expect(log.add("output.delta", { text: "The capital ", step: "model 1", agent: "" })).toEqual(["= The capital "]);
  expect(log.add("output.delta", { text: "of", step: "model 1", agent: "" })).toEqual(["+ of"]);
  expect(log.add("output.restarted", { step: "model 1" })).toEqual([]);
  // What was told stands until it is told anew.
  expect(log.text).toBe("The capital of");
  expect(log.add("output.delta", { text: "The capital of France ", step: "model 1", agent: "" })).toEqual([
    "= The capital of France ",
  ]);
  expect(log.add("output.delta", { text: "is Paris.", step: "model 1", agent: "" })).toEqual(["+ is Paris."]);
  expect(log.text).toBe("The capital of France is Paris.");
  expect(log.add("task.completed", { output: "The capital of France is Paris." })).toEqual(["+  .", "completed"]);
});

test("what another step has said of the answer stays when one begins again", () => {
  const log = new Log();
  log.add("task.started", started);
  log.add("output.delta", { text: "one ", step: "a", agent: "" });
  log.add("output.delta", { text: "tw", step: "b", agent: "" });
  expect(log.add("output.restarted", { step: "b" })).toEqual(["= one "]);
  expect(log.add("output.delta", { text: "two", step: "b", agent: "" })).toEqual(["+ two"]);
  expect(log.text).toBe("one two");
});

test("of two questions at once the first is told until it is answered, and then the other", () => {
  const log = new Log();
  log.add("task.started", started);
  expect(log.add("task.input_required", { prompt: prompt("colour"), until: null })).toEqual([
    "input-required: colour?",
  ]);
  expect(log.add("task.input_required", { prompt: prompt("login", "authorization"), until: null })).toEqual([]);
  const answered = { by: "ada", messageId: "m" };
  expect(log.add("task.input_received", { ...answered, prompt: "colour" })).toEqual(["auth-required: login?"]);
  expect(log.add("task.input_received", { ...answered, prompt: "login" })).toEqual(["working"]);
});

test("what artifacts hold is kept for a snapshot alone, and what is said for the end", () => {
  const log = new Log();
  const makes = (text: string, append: boolean) => {
    const artifact = { id: "report", parts: [{ text }], append, last: false };
    return log.add("artifact.updated", { artifact, append, last: false });
  };
  log.add("task.started", started);
  expect(makes("r".repeat(1_000), false)).toHaveLength(1);
  makes("r".repeat(1_000), true);
  log.add("output.delta", { text: "s".repeat(500), step: "a", agent: "" });
  expect(log.size).toBeGreaterThan(2_500);
  makes("r", false);
  expect(log.size).toBeLessThan(1_000);
  log.endSnapshots();
  expect(log.size).toBe(500);
  expect(makes("r".repeat(1_000), true)).toEqual([`+ ${"r".repeat(1_000)}`]);
  log.add("output.delta", { text: "t", step: "b", agent: "" });
  expect(log.size).toBe(501);
  expect(log.add("output.restarted", { step: "b" })).toEqual([`= ${"s".repeat(500)}`]);
  expect(log.size).toBe(500);
  expect(log.add("task.completed", { output: "s".repeat(500) })).toEqual(["+  .", "completed"]);
});
