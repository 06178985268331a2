import { describe, expect, expectTypeOf, it } from "vitest";
import { Refusal } from "../errors.ts";
import type { JsonObject } from "../json/json.ts";
import { EVENTS, type EventDraft, emittedEvent, eventDraft, type TaskEvent } from "./event.ts";
import { SAMPLE_EVENTS } from "./samples.suite.ts";

const failure = { code: "deadline", message: "Too late." };

describe("an event of the log", () => {
  it("is of its type when its data fits, and keeps what a newer version has added", () => {
    const data = { error: { ...failure, hint: "new" }, until: 5, failures: 1, blame: { on: "new" } };
    expect(eventDraft("task.retrying", data)).toEqual({ type: "task.retrying", data });
  });

  it("fits the schema of its type, whichever it is", () => {
    expect(SAMPLE_EVENTS.map(({ type }) => type)).toEqual(Object.keys(EVENTS));
    expect(SAMPLE_EVENTS.filter(({ custom }) => custom)).toEqual([]);
  });

  it("is custom, with its type and data as they are, when its data does not fit or its type is not ours", () => {
    const odd: [string, JsonObject][] = [
      ["task.failed", { error: { unheard: "of" } }],
      ["task.waiting", { waits: [{ on: "moonlight", key: "", since: 0, until: null }] }],
      ["task.started", {}],
      ["task.forgotten", { by: "nobody" }],
      ["invoice.read", { number: 7 }],
      ["toString", {}],
    ];
    for (const [type, data] of odd) expect(eventDraft(type, data), type).toEqual({ type, data, custom: true });
  });

  it("tells its reader the type of its data by its own type, once it is not custom", () => {
    const fractionOf = (event: TaskEvent | EventDraft) => {
      if (event.custom || event.type !== "task.progress") return null;
      expectTypeOf(event.data).toEqualTypeOf<{ fraction: number; message: string }>();
      return event.data.fraction;
    };
    expect(fractionOf(eventDraft("task.progress", { fraction: 0.5, message: "" }))).toBe(0.5);
    expect(fractionOf(eventDraft("task.progress", { fraction: "half" }))).toBeNull();
  });
});

describe("what a handler emits", () => {
  const refused = (type: string, data: unknown): string => {
    try {
      emittedEvent({ type, data: data as JsonObject });
    } catch (error) {
      if (error instanceof Refusal && error.code === "invalid") return error.message;
      throw error;
    }
    return "";
  };

  it("may be an agent's event, whose data must fit", () => {
    const event = { type: "tool.invoked", data: { agent: "", callId: "1.1", tool: "look", params: null } } as const;
    expect(emittedEvent(event)).toEqual(event);
    expect(refused("tool.invoked", { agent: "", callId: 1, tool: "look" })).toMatch(/callId: .*params: is missing/);
  });

  it("may be of a type of its own, with any JSON object", () => {
    const event = { type: "invoice.read", data: { number: 7 } };
    expect(emittedEvent(event)).toEqual({ ...event, custom: true });
    expect(refused("invoice.read", [1])).toContain("not a JSON object");
    expect(refused("invoice.read", { pages: 7n })).toContain("not a JSON object");
  });

  it("is refused where it would speak for the engine, or is no type at all", () => {
    for (const type of ["task.completed", "task.done", "step.note", "output.delta", "usage.extra", "agent.dreamt"])
      expect(refused(type, {}), type).toContain("not for handlers");
    for (const type of ["", "note", "Note.taken", "note.", ".note", "note taken", `${"n".repeat(60)}.taken`])
      expect(refused(type, {}), type).toContain("is no type of an event");
  });
});
