import { readFile } from "node:fs/promises";
import { isKnownEvent } from "@waybill/sdk";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { eventDraft } from "../../task/events/event.ts";
import { SAMPLE_EVENTS } from "../../task/events/samples.suite.ts";
import { type JsonObject, json } from "../../task/json/json.ts";
import { task } from "../../task/task.ts";
import { wireEvent } from "./event.ts";
import { event as eventSchema, knownEvent } from "./event-schema.ts";
import * as wire from "./schema.ts";
import { wireTask } from "./translate.ts";

const at = Date.UTC(2026, 0, 2, 3, 4, 5, 6);
const written = (type: string, data: JsonObject) =>
  wireEvent({ task: "t", seq: 1, at, ...eventDraft(type, data) }).data;

async function fixture(name: string): Promise<z.infer<typeof json>> {
  return json.parse(JSON.parse(await readFile(new URL(`fixtures/${name}.json`, import.meta.url), "utf8")));
}

describe("an event on the wire", () => {
  it("has its time as ISO 8601 and passes its schema", () => {
    const event = wireEvent({ task: "t", seq: 7, at, type: "task.started", data: { attempt: 1, cause: "first" } });
    expect(eventSchema.parse(event)).toEqual({
      seq: 7,
      type: "task.started",
      at: "2026-01-02T03:04:05.006Z",
      data: { attempt: 1, cause: "first" },
    });
  });

  it.each(SAMPLE_EVENTS)("of type $type is what the document says of it, and known to the client", (sample) => {
    const event = wireEvent(sample);
    expect(knownEvent.parse(event)).toEqual(event);
    expect(isKnownEvent(eventSchema.parse(event))).toBe(true);
  });

  it("writes waits, errors, usage and artifacts as the routes for them do", () => {
    expect(written("task.waiting", { waits: [{ on: "timer", key: "k", since: at, until: null }] })).toEqual({
      waits: [{ on: "timer", since: "2026-01-02T03:04:05.006Z", until: null, child: null, prompt: null, reason: null }],
    });
    expect(written("task.retrying", { error: { code: "c", message: "m" }, until: at, failures: 1 })).toEqual({
      error: { code: "c", message: "m", step: null },
      until: "2026-01-02T03:04:05.006Z",
      failures: 1,
    });
    const artifact = { id: "a", parts: [{ text: "x", mediaType: "text/plain" }], append: false, last: true };
    expect(written("artifact.updated", { artifact, append: false, last: true })).toMatchObject({
      artifact: { id: "a", parts: [{ text: "x", media_type: "text/plain" }] },
    });
  });

  it("leaves what a handler or a tool said as it is", () => {
    const said = { camelCase: { deepCase: 1 }, until: 5, error: "text" };
    expect(written("own.thing", said)).toEqual(said);
    expect(written("tool.invoked", { agent: "", callId: "1", tool: "look", params: { camelCase: 1 } })).toEqual({
      agent: "",
      call_id: "1",
      tool: "look",
      params: { camelCase: 1 },
    });
    expect(written("task.completed", { output: { camelCase: 1 } })).toEqual({ output: { camelCase: 1 } });
  });

  it("shows what it does not understand rather than breaking a stream", () => {
    expect(written("task.failed", { error: { unheard: "of" } })).toEqual({ error: { unheard: "of" } });
  });
});

describe("a task on the wire", () => {
  it.each(["completed", "asking", "paused"])("that is %s is as it is written down", async (name) => {
    const { record, shown } = z.object({ record: json, shown: json }).parse(await fixture(name));
    expect(wire.task.parse(wireTask(task.parse(record)))).toEqual(shown);
  });
});
