/**
 * OpenAI's Responses, also from other servers: without indices and ids of items, with whole items instead of their pieces, with errors
 * of their own kind.
 */
import {
  AnswerFailure,
  type AnswerRepair,
  errorOf,
  fieldsOf,
  type OnText,
  type StreamEvent,
  withoutText,
} from "./answer-repair.ts";
import { argumentsOf, contentText, countOf, type Fields, isFields, listOf, textOf } from "./fields.ts";

const BEGINNINGS: ReadonlySet<unknown> = new Set(["response.created", "response.in_progress"]);
const ENDS: ReadonlySet<unknown> = new Set(["response.completed", "response.incomplete"]);
/** Events that bring a piece of an item. */
const PIECE = /^response\.(output_text|refusal|reasoning_summary_text|function_call_arguments)\.(delta|done)$/;

export class ResponsesRepair implements AnswerRepair {
  #stage: AnswerRepair["stage"] = "open";
  /** Items by their ids, in the order in which they came. */
  readonly #places = new Map<string, number>();
  /** Ids of items that the package has, at least in part. */
  readonly #told = new Set<string>();
  /** Ids of calls that have not ended. */
  readonly #openCalls = new Set<string>();
  readonly #onText: OnText;

  /** It says more than its text: its package reads its end. */
  readonly plainEnd = null;

  /** Text goes to `onText` and past the package. */
  constructor(onText: OnText = null) {
    this.#onText = onText;
  }

  get stage(): AnswerRepair["stage"] {
    return this.#stage;
  }

  mended(event: StreamEvent): StreamEvent[] {
    // OpenAI does not send it; some gateways do, at the end of every stream.
    if (event.data.trim() === "[DONE]") return this.#doneOtherwise();
    const fields = fieldsOf(event);
    if (fields === null) return [event];
    return this.#given(this.#mended({ ...fields, type: fields["type"] ?? event.event }));
  }

  closing(): StreamEvent[] {
    return [];
  }

  /** The end of another protocol ends this answer too, unless it is in the middle of a call. */
  #doneOtherwise(): StreamEvent[] {
    if (this.#stage === "over" || this.#told.size === 0 || this.#openCalls.size > 0) return [];
    return this.#given(this.#mended({ type: "response.completed" }));
  }

  whole(value: Fields): StreamEvent[] | null {
    const error = errorOf(value);
    if (error !== null) throw new AnswerFailure(error);
    const { output, status } = value;
    if (!Array.isArray(output)) return null;
    const end = status === "incomplete" || status === "failed" ? status : "completed";
    const events = [
      { type: "response.created", response: { ...value, output: [], status: "in_progress" } },
      { type: `response.${end}`, response: value },
    ];
    return this.#given(events.flatMap((fields) => this.#mended(fields)));
  }

  #given(mended: readonly Fields[]): StreamEvent[] {
    return withoutText(mended, this.#onText, textIn).map(eventOf);
  }

  #mended(fields: Fields): Fields[] {
    const { type, response } = fields;
    if (type === "error" || type === undefined) {
      const error = errorOf(fields);
      if (error !== null) throw new AnswerFailure(error);
    }
    if (type === "response.failed") {
      const error = isFields(response) ? errorOf(response) : errorOf(fields);
      throw new AnswerFailure(error ?? { message: "its answer failed, without a reason" });
    }
    if (BEGINNINGS.has(type)) return isFields(response) && isNamed(response) ? [fields] : [];
    if (ENDS.has(type)) return this.#ended(fields, isFields(response) ? response : {});
    if (type === "response.output_item.added" || type === "response.output_item.done") return this.#item(fields);
    if (typeof type === "string" && PIECE.test(type)) return this.#piece(fields);
    return [fields];
  }

  #ended(fields: Fields, response: Fields): Fields[] {
    this.#stage = "over";
    const { usage, incomplete_details: details } = response;
    const untold = listOf(response["output"])
      .filter(isFields)
      .filter((item) => !this.#told.has(textOf(item["id"]) ?? ""));
    // Without ids it is unknown whether the package has an item: it has if it has any.
    const items = untold.filter((item) => textOf(item["id"]) !== null || this.#told.size === 0);
    const reason = isFields(details) ? textOf(details["reason"]) : textOf(details);
    const isCut = fields["type"] === "response.incomplete" || response["status"] === "incomplete";
    const end = {
      ...response,
      usage: mendedUsage(usage),
      incomplete_details: isCut ? { reason: reason ?? "max_output_tokens" } : null,
    };
    const events = items.flatMap((item) => this.#item({ type: "response.output_item.done", item }));
    return [...events, { ...fields, response: end }];
  }

  /** Adds ids and texts as the protocol wants them; the part of an item that did not come in pieces is added before its end. */
  #item({ type, item: given, output_index }: Fields): Fields[] {
    if (!isFields(given)) return [];
    const id = textOf(given["id"]) ?? textOf(given["call_id"]) ?? `item_${countOf(output_index) ?? this.#places.size}`;
    const place = { item_id: id, output_index: this.#placeOf(id, output_index) };
    const item = mendedItem(given, id);
    const isDone = type === "response.output_item.done";
    if (isDone) this.#openCalls.delete(id);
    else if (item["type"] === "function_call") this.#openCalls.add(id);
    if (!isDone || this.#told.has(id)) {
      if (item["type"] !== "message") this.#told.add(id);
      return [{ type, output_index: place.output_index, item }];
    }
    this.#told.add(id);
    return [
      { type: "response.output_item.added", output_index: place.output_index, item: begun(item) },
      ...pieces(item, place),
      { type, output_index: place.output_index, item },
    ];
  }

  #piece(fields: Fields): Fields[] {
    const { delta, item_id, output_index, logprobs } = fields;
    // A model's refusal in its own words is its text.
    const type = String(fields["type"]).replace("refusal", "output_text");
    const last = [...this.#places.keys()].at(-1);
    const id = textOf(item_id) ?? last ?? "item_0";
    // The end of a text repeats the text if that came before.
    if (type === "response.output_text.done" || type === "response.reasoning_summary_text.done") {
      const isTold = this.#told.has(id) || delta !== undefined;
      return isTold
        ? []
        : this.#piece({ ...fields, type: type.replace(/done$/, "delta"), delta: fields["text"] ?? fields["refusal"] });
    }
    this.#told.add(id);
    return [
      {
        ...fields,
        type,
        item_id: id,
        output_index: this.#placeOf(id, output_index),
        ...(delta !== undefined && { delta: argumentsOf(delta) ?? "" }),
        ...("arguments" in fields && { arguments: argumentsOf(fields["arguments"]) ?? "" }),
        ...(type === "response.reasoning_summary_text.delta" && {
          summary_index: countOf(fields["summary_index"]) ?? 0,
        }),
        logprobs: Array.isArray(logprobs) ? logprobs : [],
      },
    ];
  }

  #placeOf(id: string, stated: unknown): number {
    const place = countOf(stated) ?? this.#places.get(id) ?? this.#places.size;
    this.#places.set(id, place);
    return place;
  }
}

function textIn({ type, delta }: Fields): unknown {
  return type === "response.output_text.delta" ? delta : null;
}

function isNamed({ id, created_at, model }: Fields): boolean {
  return typeof id === "string" && typeof created_at === "number" && typeof model === "string";
}

function mendedItem(item: Fields, id: string): Fields {
  const { type, status } = item;
  if (type !== "function_call") return { ...item, id };
  const isStatus = status === "in_progress" || status === "completed" || status === "incomplete";
  return {
    ...item,
    id,
    call_id: textOf(item["call_id"]) ?? id,
    name: textOf(item["name"]) ?? "",
    arguments: argumentsOf(item["arguments"]) ?? "",
    status: isStatus ? status : "completed",
  };
}

/** An item as it is added: empty. */
function begun(item: Fields): Fields {
  const { content, summary, arguments: input } = item;
  return {
    ...item,
    ...(Array.isArray(content) && { content: [] }),
    ...(Array.isArray(summary) && { summary: [] }),
    ...(typeof input === "string" && { arguments: "" }),
  };
}

/** The pieces that fill it. */
function pieces({ type, content, summary, arguments: input }: Fields, place: Fields): Fields[] {
  const filling: Fields[] = [];
  const text = type === "message" ? contentText(content) : "";
  if (text !== "") filling.push({ type: "response.output_text.delta", ...place, delta: text, logprobs: [] });
  for (const [summary_index, part] of listOf(summary).entries()) {
    const delta = contentText(part);
    if (delta !== "") filling.push({ type: "response.reasoning_summary_text.delta", ...place, summary_index, delta });
  }
  if (typeof input === "string") {
    filling.push({ type: "response.function_call_arguments.delta", ...place, delta: input });
    filling.push({ type: "response.function_call_arguments.done", ...place, arguments: input });
  }
  return filling;
}

/** Counts that are no numbers count as absent. */
function mendedUsage(usage: unknown): Fields | null {
  if (!isFields(usage)) return null;
  const input_tokens = countOf(usage["input_tokens"]);
  const output_tokens = countOf(usage["output_tokens"]);
  if (input_tokens === null && output_tokens === null) return null;
  return { ...usage, input_tokens: input_tokens ?? 0, output_tokens: output_tokens ?? 0, total_tokens: undefined };
}

function eventOf(fields: Fields): StreamEvent {
  return { event: String(fields["type"]), data: JSON.stringify({ sequence_number: 0, ...fields }) };
}
