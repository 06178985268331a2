/** Anthropic's Messages. Its documentation asks clients to pass over events that they do not know. */
import { type AnswerRepair, type Fields, fieldsOf, isFields, type StreamEvent } from "./answer-repair.ts";

const KNOWN: ReadonlySet<unknown> = new Set([
  ...["message_start", "content_block_start", "content_block_delta", "content_block_stop"],
  ...["message_delta", "message_stop", "ping", "error"],
]);

export class MessagesRepair implements AnswerRepair {
  #stage: AnswerRepair["stage"] = "open";

  get stage(): AnswerRepair["stage"] {
    return this.#stage;
  }

  mended(event: StreamEvent): StreamEvent[] {
    const fields = fieldsOf(event);
    if (fields === null) return [event];
    const type = fields["type"];
    if (!KNOWN.has(type)) return [];
    if (type === "message_delta" && isFields(fields["delta"]) && typeof fields["delta"]["stop_reason"] === "string") {
      this.#stage = "complete";
    }
    if (type === "message_stop") this.#stage = "over";
    return [event];
  }

  closing(): StreamEvent[] {
    return this.#stage === "complete" ? [eventOf({ type: "message_stop" })] : [];
  }

  whole(value: Fields): StreamEvent[] | null {
    if (value["type"] === "error") return this.mended(eventOf(value));
    const { content, stop_reason, stop_sequence = null, usage, ...message } = value;
    if (!Array.isArray(content)) return null;
    const counts = isFields(usage) ? usage : {};
    return [
      { type: "message_start", message: { ...message, content: [], stop_reason: null, stop_sequence: null, usage } },
      ...content.filter(isFields).flatMap(blockEvents),
      {
        type: "message_delta",
        delta: { stop_reason, stop_sequence },
        usage: { output_tokens: counts["output_tokens"] ?? 0 },
      },
      { type: "message_stop" },
    ].flatMap((fields) => this.mended(eventOf(fields)));
  }
}

/** A block of a whole message as it is streamed: begun empty, filled by one piece of each kind, ended. */
function blockEvents(block: Fields, index: number): Fields[] {
  const { text, thinking, signature, input } = block;
  const deltas: Fields[] = [];
  const begun: Record<string, unknown> = { ...block };
  if (typeof text === "string") {
    begun["text"] = "";
    deltas.push({ type: "text_delta", text });
  }
  if (typeof thinking === "string") {
    begun["thinking"] = "";
    deltas.push({ type: "thinking_delta", thinking });
  }
  if (typeof signature === "string") {
    begun["signature"] = "";
    deltas.push({ type: "signature_delta", signature });
  }
  if (isFields(input)) {
    begun["input"] = {};
    deltas.push({ type: "input_json_delta", partial_json: JSON.stringify(input) });
  }
  return [
    { type: "content_block_start", index, content_block: begun },
    ...deltas.map((delta) => ({ type: "content_block_delta", index, delta })),
    { type: "content_block_stop", index },
  ];
}

function eventOf(fields: Fields): StreamEvent {
  return { event: String(fields["type"]), data: JSON.stringify(fields) };
}
