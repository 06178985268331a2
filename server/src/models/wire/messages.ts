/**
 * Anthropic's Messages, also from servers that follow its example: without counts, indices or ids, with an end of their own. Its
 * documentation asks clients to ignore unknown events.
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
import { argumentsOf, countOf, type Fields, isFields, textOf } from "./fields.ts";

/** Blocks whose fields are repaired; any other is ignored with its pieces, unless it is a known one of Anthropic's tools. */
const TEXTS: Readonly<Record<string, string>> = { text: "text", thinking: "thinking" };
/** The text of a piece, by the type of the piece. */
const PIECES: Readonly<Record<string, string>> = {
  text_delta: "text",
  thinking_delta: "thinking",
  signature_delta: "signature",
  input_json_delta: "partial_json",
};

export class MessagesRepair implements AnswerRepair {
  #stage: AnswerRepair["stage"] = "open";
  #blocks = 0;
  /** The block that has begun and not ended: packages make a call of it at its end. */
  #open: number | null = null;
  #hasCalled = false;
  /** The reason of the end has come; a message without a `message_delta` lacks it. */
  #hasReason = false;
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
    // Not part of this protocol, but sent by some servers at the end of every stream.
    if (event.data.trim() === "[DONE]") return this.#mended({ type: "message_stop" }).map(eventOf);
    const fields = fieldsOf(event);
    if (fields === null) return [event];
    return this.#given(this.#mended({ ...fields, type: fields["type"] ?? event.event }));
  }

  closing(): StreamEvent[] {
    return this.#stage === "complete" ? [eventOf({ type: "message_stop" })] : [];
  }

  whole(value: Fields): StreamEvent[] | null {
    const error = errorOf(value);
    if (error !== null) throw new AnswerFailure(error);
    const { content, stop_reason, stop_sequence = null, usage, ...message } = value;
    if (!Array.isArray(content)) return null;
    const events = [
      { type: "message_start", message: { ...message, usage } },
      ...content.filter(isFields).flatMap(blockEvents),
      { type: "message_delta", delta: { stop_reason, stop_sequence }, usage },
      { type: "message_stop" },
    ];
    return this.#given(events.flatMap((fields) => this.#mended(fields)));
  }

  #given(mended: readonly Fields[]): StreamEvent[] {
    return withoutText(mended, this.#onText, textIn).map(eventOf);
  }

  #mended(fields: Fields): Fields[] {
    switch (fields["type"]) {
      case "message_start":
        return [beginning(fields)];
      case "content_block_start":
        return this.#block(fields);
      case "content_block_delta":
        return this.#piece(fields);
      case "content_block_stop":
        this.#open ??= this.#placeOf(fields);
        return this.#closed();
      case "message_delta":
        return [...this.#closed(), this.#reasoned(fields)];
      case "message_stop":
        return [...this.#closed(), ...this.#ended(fields)];
      case "ping":
        return [fields];
      default: {
        const error = errorOf(fields);
        if (error !== null) throw new AnswerFailure(error);
        return [];
      }
    }
  }

  #block(fields: Fields): Fields[] {
    const { content_block: given } = fields;
    if (!isFields(given)) return [];
    const index = countOf(fields["index"]) ?? this.#blocks;
    const before = this.#closed();
    this.#blocks = index + 1;
    this.#open = index;
    return [...before, ...this.#begun(fields, given, index)];
  }

  #begun(fields: Fields, given: Fields, index: number): Fields[] {
    const { type, input } = given;
    const text = typeof type === "string" ? TEXTS[type] : undefined;
    if (text !== undefined) {
      // The text at the beginning of a block counts as the first piece; packages ignore it.
      const first = textOf(given[text]) ?? "";
      const begin = { ...fields, index, content_block: { ...given, [text]: "" } };
      const piece = { type: "content_block_delta", index, delta: { type: `${type}_delta`, [text]: first } };
      return first === "" ? [begin] : [begin, piece];
    }
    if (type !== "tool_use") return [{ ...fields, index }];
    this.#hasCalled = true;
    const id = textOf(given["id"]) ?? `call_${index}`;
    const block = { ...given, id, name: textOf(given["name"]) ?? "", input: {} };
    const json = argumentsOf(input) ?? "";
    const begin = { ...fields, index, content_block: block };
    if (json === "" || json === "{}") return [begin];
    return [begin, { type: "content_block_delta", index, delta: { type: "input_json_delta", partial_json: json } }];
  }

  #closed(): Fields[] {
    const index = this.#open;
    this.#open = null;
    return index === null ? [] : [{ type: "content_block_stop", index }];
  }

  #piece(fields: Fields): Fields[] {
    const { delta } = fields;
    if (!isFields(delta)) return [];
    const name = PIECES[String(delta["type"])];
    const mended = name === undefined ? delta : { ...delta, [name]: argumentsOf(delta[name]) ?? "" };
    return [{ ...fields, index: this.#placeOf(fields), delta: mended }];
  }

  /** A piece or an end without an index belongs to the last block that began. */
  #placeOf({ index }: Fields): number {
    return countOf(index) ?? Math.max(0, this.#blocks - 1);
  }

  #reasoned(fields: Fields): Fields {
    const { delta, usage } = fields;
    const reason = isFields(delta) ? textOf(delta["stop_reason"]) : null;
    if (reason !== null && reason !== "") {
      this.#stage = "complete";
      this.#hasReason = true;
    }
    const counts = isFields(usage) ? usage : {};
    return {
      ...fields,
      delta: { ...(isFields(delta) && delta), stop_reason: reason === "" ? null : reason },
      usage: { ...mendedCounts(counts), output_tokens: countOf(counts["output_tokens"]) ?? 0 },
    };
  }

  /** A message that ends without a reason is complete. */
  #ended(fields: Fields): Fields[] {
    const reason = this.#hasCalled ? "tool_use" : "end_turn";
    const missing = this.#hasReason
      ? []
      : [{ type: "message_delta", delta: { stop_reason: reason, stop_sequence: null }, usage: { output_tokens: 0 } }];
    this.#stage = "over";
    return [...missing, fields];
  }
}

function textIn({ type, delta }: Fields): unknown {
  return type === "content_block_delta" && isFields(delta) && delta["type"] === "text_delta" ? delta["text"] : null;
}

/** A beginning holds no content: that comes in blocks. */
function beginning(fields: Fields): Fields {
  const message = isFields(fields["message"]) ? fields["message"] : {};
  const counts = isFields(message["usage"]) ? message["usage"] : {};
  return {
    ...fields,
    message: {
      ...message,
      ...{ id: textOf(message["id"]), model: textOf(message["model"]), content: [], stop_reason: null },
      usage: { ...mendedCounts(counts), input_tokens: countOf(counts["input_tokens"]) ?? 0 },
    },
  };
}

const COUNTS = ["input_tokens", "output_tokens", "cache_creation_input_tokens", "cache_read_input_tokens"];

function mendedCounts(counts: Fields): Fields {
  return { ...counts, ...Object.fromEntries(COUNTS.map((name) => [name, countOf(counts[name])])) };
}

/** A block of a whole message as a stream: its beginning with its content, and its end. */
function blockEvents(block: Fields, index: number): Fields[] {
  const { signature } = block;
  const signed = typeof signature === "string" && block["type"] === "thinking";
  return [
    { type: "content_block_start", index, content_block: signed ? { ...block, signature: "" } : block },
    ...(signed ? [{ type: "content_block_delta", index, delta: { type: "signature_delta", signature } }] : []),
    { type: "content_block_stop", index },
  ];
}

function eventOf(fields: Fields): StreamEvent {
  return { event: String(fields["type"]), data: JSON.stringify(fields) };
}
