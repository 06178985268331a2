/**
 * A run as the chat completion of its answer: whole, or chunk by chunk as real server-sent events. What the run asks, and
 * that it goes on elsewhere, is said as an answer too: the next message of the thread goes on from there.
 */
import { isJsonObject, type Json, type JsonObject } from "../../../task/json/json.ts";
import type { Tasks } from "../../../verbs/tasks.ts";
import { isLong } from "../../body/json-body.ts";
import type { EventStream } from "../../lens-parts.ts";
import { oneLine, oneLineInTurns } from "../../one-line.ts";
import { liveEvents } from "../events/log.ts";
import type { RunEvent } from "../events/schema.ts";
import { type StreamedRun, withTime } from "../events/stream.ts";
import { NOTICE } from "../messages/message.ts";
import { runIdOf } from "../names.ts";
import { threadOf } from "../runs/asked.ts";
import type { ChatAnswer } from "./schema.ts";

/** How long a completion is waited for. A run that takes longer goes on, and its thread has what comes of it. */
const CHAT_MS_MAX = 300_000;
const HEARTBEAT_MS = 15_000;
const FAILURES: Readonly<Record<string, string>> = {
  "run.failed": "The run failed.",
  "run.cancelled": "The run was cancelled.",
  "run.expired": "The time of the run was over.",
};

/** `agent` is what the client called it. */
export type Chat = StreamedRun & { agent: string };

/** What came of the run: the completion, or why there is none. */
export async function completionOf(
  tasks: Pick<Tasks, "follow">,
  chat: Chat,
  left: AbortSignal,
): Promise<ChatAnswer | { failed: string }> {
  let text = NOTICE;
  for await (const event of eventsOf(tasks, chat, withTime(left, CHAT_MS_MAX))) {
    const failed = failureOf(event);
    if (failed !== null) return { failed };
    if (event.event === "message.created" || event.event === "message.interrupt") text = textOf(event.data["message"]);
  }
  const message = { role: "assistant" as const, content: text };
  const choices = [{ index: 0, message, finish_reason: "stop" as const }];
  return { ...headOf(chat, "chat.completion"), choices, thread_id: threadOf(chat.task) };
}

export function chunksOf(tasks: Pick<Tasks, "follow">, chat: Chat): EventStream {
  return {
    headers: {},
    opening: "",
    heartbeat: ": ping\n\n",
    heartbeatMs: HEARTBEAT_MS,
    frames: (signal) => framesOf(tasks, chat, signal),
  };
}

async function* framesOf(tasks: Pick<Tasks, "follow">, chat: Chat, signal: AbortSignal): AsyncGenerator<string> {
  for await (const event of eventsOf(tasks, chat, withTime(signal, CHAT_MS_MAX))) {
    for (const data of chunkDataOf(chat, event)) {
      if (!isLong(data)) yield `data: ${oneLine(JSON.stringify(data))}\n\n`;
      else {
        yield "data: ";
        yield* oneLineInTurns(data);
        yield "\n\n";
      }
    }
  }
  yield "data: [DONE]\n\n";
}

/** To the end of the run, or to where nothing more is said until somebody says something. */
async function* eventsOf(
  tasks: Pick<Tasks, "follow">,
  { principal, task, since, timedOut }: Chat,
  signal: AbortSignal,
): AsyncGenerator<RunEvent> {
  for await (const events of liveEvents(tasks, principal, task, { since, timedOut, signal })) {
    for (const event of events) {
      yield event;
      if (event.event === "message.interrupt") return;
    }
  }
}

function chunkDataOf(chat: Chat, event: RunEvent): JsonObject[] {
  const failed = failureOf(event);
  if (failed !== null) return [{ error: { message: failed, type: event.event } }];
  switch (event.event) {
    case "message.delta":
      return [chunk(chat, { content: textOf(event.data["delta"]) })];
    case "run.step.delta": {
      const { delta } = event.data;
      const steps = isJsonObject(delta) ? delta["step_details"] : [];
      return [chunk(chat, { step_details: steps ?? [] }, null, "thread.run.step.delta")];
    }
    case "message.interrupt":
      return [chunk(chat, { content: textOf(event.data["message"]) }), chunk(chat, { content: "" }, "stop")];
    case "flow.slot.listen":
      return [chunk(chat, { content: NOTICE }), chunk(chat, { content: "" }, "stop")];
    case "run.completed":
      return [chunk(chat, { content: "" }, "stop")];
    default:
      return [];
  }
}

function chunk(
  chat: Chat,
  delta: JsonObject,
  finish: "stop" | null = null,
  object = "thread.message.delta",
): JsonObject {
  const choices = [{ index: 0, delta: { role: "assistant", ...delta }, finish_reason: finish }];
  return { ...headOf(chat, object), thread_id: threadOf(chat.task), choices };
}

function headOf<Name extends string>({ task, agent }: Chat, object: Name) {
  return { id: runIdOf(task), object, created: Math.floor(task.createdAt / 1000), model: agent };
}

function failureOf({ event, data }: RunEvent): string | null {
  const otherwise = FAILURES[event];
  if (otherwise === undefined) return null;
  return typeof data["error"] === "string" ? data["error"] : otherwise;
}

/** The words of a message, or of a piece of one. */
function textOf(message: Json | undefined): string {
  const content = isJsonObject(message) ? message["content"] : [];
  if (!Array.isArray(content)) return "";
  return content
    .flatMap((item) => (isJsonObject(item) && typeof item["text"] === "string" ? [item["text"]] : []))
    .join("\n");
}
