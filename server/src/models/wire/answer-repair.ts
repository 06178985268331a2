/**
 * What is put right in a streamed answer before its protocol's package reads it: packages give a whole answer up for one
 * field of another type, and wait for an end that some servers never send.
 */

import type { LanguageModelV4FinishReason, LanguageModelV4Usage } from "@ai-sdk/provider";
import { type Fields, isFields, textOf } from "./fields.ts";

/** One server-sent event, as much of it as these protocols use. */
export type StreamEvent = { event?: string | undefined; data: string };

/** An answer that its server says has failed, in the server's own fields: a message, most often a code. */
export class AnswerFailure extends Error {
  override readonly name = "AnswerFailure";
  readonly told: Fields;

  constructor(told: Fields) {
    super(textOf(told["message"]) ?? JSON.stringify(told));
    this.told = told;
  }
}

/** One answer of one protocol. It remembers what came, so each answer has its own. */
export interface AnswerRepair {
  /** The events that the package is given in the place of this one: most often the event itself. Throws `AnswerFailure`. */
  mended(event: StreamEvent): readonly StreamEvent[];
  /**
   * `open` while the answer goes on, `complete` once only counts may follow, `over` once nothing does. What is not
   * `open` is a whole answer, however the connection ends.
   */
  readonly stage: "open" | "complete" | "over";
  /** The events of an answer that came as one JSON value and not as a stream; null where it is none. Throws `AnswerFailure`. */
  whole(value: Fields): StreamEvent[] | null;
  /** What the package still waits for at the end of a `complete` answer that the server did not end itself. */
  closing(): readonly StreamEvent[];
  /** How an answer has ended of which a package was given nothing, and need be given nothing; null of any other. */
  readonly plainEnd: PlainEnd | null;
}

/** Who hears an answer's text as soon as it has come; null where its package is to read it. */
export type OnText = ((text: string) => void) | null;

/** The end of an answer in the words of its package. */
export type PlainEnd = { finishReason: LanguageModelV4FinishReason; usage: LanguageModelV4Usage };

/** Who hears of an answer what is plain, past its package. */
export type Heard = {
  text: (text: string) => void;
  /** Which model answers. */
  named: (model: string) => void;
  /** It is over, and its package was asked for nothing. */
  ended: (end: PlainEnd) => void;
};

/** What a package is still to read: events that bring text, which `textIn` finds, go to `onText`. */
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
 * The object of an event, or the first of a list; null where its data is no JSON object, which is for the package to refuse.
 * Throws `AnswerFailure` with the text of such an event when its name is `error`.
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
