/** OpenAI's Responses. */
import { type AnswerRepair, type Fields, fieldsOf, isFields, type StreamEvent } from "./answer-repair.ts";

const ENDS: ReadonlySet<unknown> = new Set(["response.completed", "response.incomplete", "response.failed"]);

export class ResponsesRepair implements AnswerRepair {
  #stage: AnswerRepair["stage"] = "open";

  get stage(): AnswerRepair["stage"] {
    return this.#stage;
  }

  mended(event: StreamEvent): StreamEvent[] {
    // Its own servers do not send it; some that stand before others do, at the end of whatever they send.
    if (event.data.trim() === "[DONE]") return [];
    if (ENDS.has(fieldsOf(event)?.["type"])) this.#stage = "over";
    return [event];
  }

  closing(): StreamEvent[] {
    return [];
  }

  whole(value: Fields): StreamEvent[] | null {
    if (isFields(value["error"])) {
      const { code = null, message = "", param = null } = value["error"];
      return this.mended(eventOf({ type: "error", code, message, param }));
    }
    const { output, status } = value;
    if (!Array.isArray(output)) return null;
    const end = status === "incomplete" || status === "failed" ? status : "completed";
    return [
      { type: "response.created", response: { ...value, output: [], status: "in_progress" } },
      ...output.filter(isFields).flatMap(itemEvents),
      { type: `response.${end}`, response: value },
    ].flatMap((fields) => this.mended(eventOf(fields)));
  }
}

/** An item of a whole answer as it is streamed: added empty, filled, done. */
function itemEvents(item: Fields, output_index: number): Fields[] {
  const { content, summary, arguments: input } = item;
  const place = { item_id: item["id"], output_index };
  const begun = {
    ...item,
    ...(Array.isArray(content) && { content: [] }),
    ...(Array.isArray(summary) && { summary: [] }),
    ...(typeof input === "string" && { arguments: "" }),
  };
  const filling: Fields[] = [];
  for (const [content_index, part] of (Array.isArray(content) ? content : []).entries()) {
    if (!isFields(part) || typeof part["text"] !== "string") continue;
    filling.push({ type: "response.output_text.delta", ...place, content_index, delta: part["text"], logprobs: [] });
  }
  for (const [summary_index, part] of (Array.isArray(summary) ? summary : []).entries()) {
    if (!isFields(part) || typeof part["text"] !== "string") continue;
    filling.push({ type: "response.reasoning_summary_text.delta", ...place, summary_index, delta: part["text"] });
  }
  if (typeof input === "string") {
    filling.push({ type: "response.function_call_arguments.delta", ...place, delta: input });
    filling.push({ type: "response.function_call_arguments.done", ...place, arguments: input });
  }
  return [
    { type: "response.output_item.added", output_index, item: begun },
    ...filling,
    { type: "response.output_item.done", output_index, item },
  ];
}

function eventOf(fields: Fields): StreamEvent {
  return { event: String(fields["type"]), data: JSON.stringify({ sequence_number: 0, ...fields }) };
}
