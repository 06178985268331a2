/**
 * What an open task says in its conversation, beside what it was asked and what it answers in the end: its questions, what
 * people tell it, and once that its work goes on elsewhere. Pure.
 */
import { messageTold } from "./agent/agent-message.ts";
import type { Change } from "./change.ts";
import type { MessageDraft } from "./conversation.ts";
import { isUuid } from "./id.ts";
import type { Json } from "./json/json.ts";
import type { Prompt, Wait } from "./task.ts";

/** A wait of this length is one that nobody stays for. */
export const LONG_WAIT_MS = 60_000;

const NOTICE = "The work goes on elsewhere. Its result follows here.";

/** Whether a task with these waits is parked: it waits for another task, or for a time that is far away, and for nothing sooner. */
export function isParked(waits: readonly Wait[]): boolean {
  const others = waits.filter((wait) => wait.on !== "input" || wait.relayed === undefined);
  return others.some(isLong) && others.every(({ on }) => on === "child" || on === "timer");
}

/** Whether what a parked task waited for is over, and it goes on as soon as there is a slot. */
export function isUnparked(waits: readonly Wait[]): boolean {
  return waits.some(({ on, key }) => on === "slot" && key !== "");
}

function isLong({ on, since, until }: Wait): boolean {
  return on === "child" || (on === "timer" && (until === null || until - since >= LONG_WAIT_MS));
}

/** `told` is what came to the task from outside with this change. A notice of a task is kept once, whoever says it again. */
export function turnsOf({ events }: Pick<Change, "events">, told?: Json): MessageDraft[] {
  return events.flatMap((event): MessageDraft[] => {
    if (event.custom) return [];
    const { seq } = event;
    switch (event.type) {
      case "task.input_required":
        return [{ role: "agent", purpose: "question", seq, ...questionOf(event.data.prompt) }];
      case "task.input_received":
        return told === undefined
          ? []
          : [{ role: "user", purpose: "answer", seq, ...named(event.data.messageId), ...answerOf(told) }];
      case "task.waiting":
        return isParked(event.data.waits) ? [{ role: "agent", purpose: "notice", seq, parts: [{ text: NOTICE }] }] : [];
      default:
        return [];
    }
  });
}

/** The question in words, and behind it the schema that its answer has to fit. */
function questionOf({ name, asks, text, schema }: Prompt): Pick<MessageDraft, "parts" | "metadata"> {
  const form = schema && { data: schema, name: "schema", mediaType: "application/schema+json" };
  return { parts: [{ text }, ...(form ? [form] : [])], metadata: { prompt: name, asks } };
}

/** An answer keeps the id that its author has given it, where that is a UUID. */
function named(messageId: string): Pick<MessageDraft, "id"> {
  return isUuid(messageId) ? { id: messageId.toLowerCase() } : {};
}

function answerOf(told: Json): Pick<MessageDraft, "parts"> {
  return { parts: messageTold(told).parts };
}
