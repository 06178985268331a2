/** What the provider server does with one request: answer well, or fail in one of the ways that providers fail. */

export type Behaviour =
  /** `pieces` is the text as it comes; word by word when absent. */
  | { kind: "answer"; text: string; pieces?: readonly string[]; usage?: Counts }
  | { kind: "tool_calls"; calls: ScriptedCall[]; text?: string; usage?: Counts }
  /** Says `text` and then that its limit was reached. */
  | { kind: "length"; text: string }
  /** An HTTP error, with the provider's own error body unless `body` is given. */
  | { kind: "status"; status: number; message?: string; headers?: Record<string, string>; body?: string }
  /** Says `text`, then drops the connection. */
  | { kind: "cut"; text: string }
  /** Says `text`, then ends the body properly, without the events that close an answer. */
  | { kind: "end_early"; text: string }
  /** Says `text`, then sends an event that is not JSON. */
  | { kind: "malformed"; text: string }
  /** 200, but the body is a web page. */
  | { kind: "not_a_stream" }
  /** 200 and exactly this text, as some server would send it; then the end, or an open connection, perhaps with pings, or a broken one. */
  | { kind: "text"; text: string; type?: string; then?: "open" | "pings" | "break" }
  /** 200 and these bytes, each in a packet of its own. */
  | { kind: "bytes"; chunks: readonly Uint8Array[]; encoding?: string }
  /** Says `text`, then reports an error inside the stream and ends. */
  | { kind: "stream_error"; text: string; code: string; message: string }
  /** Never stops saying `text`. */
  | { kind: "endless"; text: string }
  /** One line that never ends. */
  | { kind: "endless_line" }
  /** Says `text`, then nothing more, and keeps the connection open. */
  | { kind: "stall"; text: string }
  /** Takes the request and never answers. */
  | { kind: "silence" };

/** Arguments as an object, or as the text that the model wrote in their place. */
export type ScriptedCall = { id: string; name: string; arguments: Record<string, unknown> | string };

/** Counts in our words; each protocol states them in its own. `input` includes both cache counts. */
export type Counts = { input: number; output: number; cacheRead?: number; cacheWrite?: number };

export const usualCounts: Counts = { input: 20, output: 10 };
