/**
 * Server-sent events, read as the HTML standard says (section 9.2.6, "Interpreting an event stream"). Knows nothing of
 * tasks, of connections or of when to connect again.
 */

import { WaybillError } from "./errors.ts";

export type SseMessage = {
  /** `message` when the stream names none. */
  event: string;
  data: string;
  /** The last id that the stream has given so far, "" before the first. */
  id: string;
};

/** A line or a message that grows past this many characters is not an event stream of ours. */
export const SSE_MESSAGE_CHARS_MAX = 32 * 1024 * 1024;

const LINE_END = /\r\n|\r|\n/g;

/** Turns bytes, cut anywhere, into messages. One parser reads one connection. */
export class SseParser {
  /** What the server last asked for as the delay before a reconnection; null while it has not. */
  retryMs: number | null = null;
  /** The last id given, also by a block that carried no data. */
  lastId = "";

  // Drops one byte order mark at the start, and holds back a character that is cut.
  readonly #decoder = new TextDecoder();
  #rest = "";
  #endedInCr = false;
  #event = "";
  #data: string[] = [];
  #dataChars = 0;

  /** The messages that `chunk` completes. Throws `too_large` when a message is larger than any of ours can be. */
  push(chunk: Uint8Array): SseMessage[] {
    let text = this.#decoder.decode(chunk, { stream: true });
    if (text === "") return [];
    // A CR ended the last chunk and its line; the LF that may belong to it comes only now.
    if (this.#endedInCr && text.startsWith("\n")) text = text.slice(1);
    this.#endedInCr = text === "" ? false : text.endsWith("\r");

    const messages: SseMessage[] = [];
    let from = 0;
    for (const end of text.matchAll(LINE_END)) {
      const line = this.#rest + text.slice(from, end.index);
      this.#rest = "";
      from = end.index + end[0].length;
      const message = this.#line(line);
      if (message) messages.push(message);
    }
    this.#rest += text.slice(from);
    if (this.#rest.length + this.#dataChars > SSE_MESSAGE_CHARS_MAX) {
      throw new WaybillError("too_large", `A server-sent message is larger than ${SSE_MESSAGE_CHARS_MAX} characters.`);
    }
    return messages;
  }

  #line(line: string): SseMessage | null {
    if (line === "") return this.#dispatch();
    const colon = line.indexOf(":");
    if (colon === 0) return null;
    const field = colon === -1 ? line : line.slice(0, colon);
    const rest = colon === -1 ? "" : line.slice(colon + 1);
    const value = rest.startsWith(" ") ? rest.slice(1) : rest;
    if (field === "data") {
      this.#data.push(value);
      this.#dataChars += value.length + 1;
    } else if (field === "event") this.#event = value;
    else if (field === "id" && !value.includes("\0")) this.lastId = value;
    else if (field === "retry" && /^[0-9]+$/.test(value)) this.retryMs = Number(value);
    return null;
  }

  #dispatch(): SseMessage | null {
    const event = this.#event || "message";
    const data = this.#data;
    this.#event = "";
    this.#data = [];
    this.#dataChars = 0;
    return data.length === 0 ? null : { event, data: data.join("\n"), id: this.lastId };
  }
}
