/**
 * Repairs a streamed answer before its protocol's package reads it: packages fail a whole answer for one field of another type, and
 * wait for an end that some servers never send.
 */

import type { LanguageModelV4FinishReason, LanguageModelV4Usage } from "@ai-sdk/provider";
import { type Fields, isFields, textOf } from "./fields.ts";

/** One server-sent event, as far as these protocols use it. */
export type StreamEvent = { event?: string | undefined; data: string };

/** An answer that its server reports as failed, in the server's own fields: a message, usually a code. */
export class AnswerFailure extends Error {
  override readonly name = "AnswerFailure";
  readonly told: Fields;

  constructor(told: Fields) {
    super(textOf(told["message"]) ?? JSON.stringify(told));
    this.told = told;
  }
}

/** The repair of one answer of one protocol. It remembers the events so far, so each answer has its own. */
export interface AnswerRepair {
  /** The events for the package in the place of this one: usually the event itself. Throws `AnswerFailure`. */
  mended(event: StreamEvent): readonly StreamEvent[];
  /**
   * `open` while the answer goes on, `complete` once only counts may follow, `over` once nothing does. An answer that is not `open` is
   * whole, however the connection ends.
   */
  readonly stage: "open" | "complete" | "over";
  /** The events of an answer that came as one JSON value and not as a stream; null if it is no answer. Throws `AnswerFailure`. */
  whole(value: Fields): StreamEvent[] | null;
  /** Events that the package still needs at the end of a `complete` answer that the server did not end itself. */
  closing(): readonly StreamEvent[];
  /** The end of an answer that its package neither read nor needs to read; null for any other. */
  readonly plainEnd: PlainEnd | null;
}

/** Called with an answer's text as soon as it has come; null if its package is to read the text. */
export type OnText = ((text: string) => void) | null;

/** The end of an answer in the terms of its package. */
export type PlainEnd = { finishReason: LanguageModelV4FinishReason; usage: LanguageModelV4Usage };

/** Listens to the plain part of an answer, past its package. */
export type Heard = {
  text: (text: string) => void;
  /** Called with the model that answers. */
  named: (model: string) => void;
  /** Called at its end, if its package read nothing. */
  ended: (end: PlainEnd) => void;
};

/** The events that a package is still to read: the text of the others, found by `textIn`, goes to `onText`. */
export function withoutText(
  events: readonly Fields[],
  onText: OnText,
  textIn: (event: Fields) => unknown,
): readonly Fields[] {
  if (onText === null) return events;
  return events.filter((event) => {
    const text = textIn(event);
    if (typeof text !== "string" || text === "") return true;
    onText(text);
    return false;
  });
}

/**
 * The object of an event, or the first of a list; null if its data is no JSON object, which the package then refuses. Throws
 * `AnswerFailure` with the text of such an event if its name is `error`.
 */
export function fieldsOf({ data, event }: StreamEvent): Fields | null {
  const value = parsed(data);
  const first: unknown = Array.isArray(value) ? value[0] : value;
  if (isFields(first)) return first;
  if (event === "error") throw new AnswerFailure({ message: data });
  return null;
}

function parsed(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}

/** An error as `{ message }`: some send a text, others its fields where those of an answer would be. */
export function errorOf(value: Fields): Fields | null {
  const { error, detail } = value;
  if (isFields(error)) return { ...error, message: textOf(error["message"]) ?? JSON.stringify(error) };
  if (typeof error === "string" && error !== "") return { message: error };
  if (value["object"] === "error" || value["type"] === "error") {
    return { ...value, message: textOf(value["message"]) ?? JSON.stringify(value) };
  }
  const isDetail = detail != null && !("choices" in value || "output" in value || "content" in value);
  return isDetail ? { message: textOf(detail) ?? JSON.stringify(detail) } : null;
}
