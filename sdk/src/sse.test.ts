import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SSE_MESSAGE_CHARS_MAX, type SseMessage, SseParser } from "./sse.ts";

const encoder = new TextEncoder();

function parse(...chunks: (string | Uint8Array)[]): SseMessage[] {
  const parser = new SseParser();
  return chunks.flatMap((chunk) => parser.push(typeof chunk === "string" ? encoder.encode(chunk) : chunk));
}

describe("a stream of server-sent events", () => {
  it("gives a message at the blank line that ends it", () => {
    expect(parse("event: task.started\nid: 2\ndata: {}\n\n")).toEqual([{ event: "task.started", data: "{}", id: "2" }]);
  });

  it("calls a message without an event field `message`, and forgets the name after each", () => {
    expect(parse("event: a\ndata: 1\n\ndata: 2\n\n").map(({ event }) => event)).toEqual(["a", "message"]);
  });

  it("joins several data lines with line feeds and keeps empty ones", () => {
    expect(parse("data: one\ndata\ndata:\ndata: two\n\n")[0]?.data).toBe("one\n\n\ntwo");
  });

  it("takes one space after the colon away, and no more", () => {
    expect(parse("data:  two\n\ndata:none\n\n").map(({ data }) => data)).toEqual([" two", "none"]);
  });

  it("ends lines at CR, LF and CRLF, mixed", () => {
    expect(parse("data: a\r\rdata: b\r\n\r\ndata: c\n\n").map(({ data }) => data)).toEqual(["a", "b", "c"]);
  });

  it("takes a CRLF that is cut in two for one line end", () => {
    expect(parse("data: a\r", "\ndata: b\r", "\n", "\r", "\n").map(({ data }) => data)).toEqual(["a\nb"]);
  });

  it("skips comments, unknown fields and blocks without data", () => {
    expect(parse(": heartbeat\n\nfoo: bar\n\nevent: x\n\ndata: y\n\n")).toEqual([
      { event: "message", data: "y", id: "" },
    ]);
  });

  it("gives a message whose data is empty", () => {
    expect(parse("data:\n\n")).toEqual([{ event: "message", data: "", id: "" }]);
  });

  it("remembers the id for later messages, clears it when told, and ignores one with a NUL", () => {
    expect(parse("id: 1\ndata\n\ndata\n\nid: a\0b\ndata\n\nid\ndata\n\n").map(({ id }) => id)).toEqual([
      "1",
      "1",
      "1",
      "",
    ]);
  });

  it("takes an id from a block without data", () => {
    const parser = new SseParser();
    parser.push(encoder.encode("id: 9\n\n"));
    expect(parser.lastId).toBe("9");
  });

  it("reads retry only when it is digits", () => {
    const parser = new SseParser();
    parser.push(encoder.encode("retry: 1500\nretry: 2s\nretry: -1\nretry:\n"));
    expect(parser.retryMs).toBe(1500);
  });

  it("drops one byte order mark at the start, also when it is cut", () => {
    expect(parse(Uint8Array.of(0xef, 0xbb), Uint8Array.of(0xbf), "data: a\n\n")).toHaveLength(1);
    expect(parse("\uFEFF\uFEFFdata: a\n\n")).toHaveLength(0);
  });

  it("discards a message that the stream ends in", () => {
    expect(parse("data: whole\n\ndata: half\n")).toHaveLength(1);
  });

  it("keeps characters that are cut between chunks", () => {
    const bytes = encoder.encode("data: 🚚é\n\n");
    expect(parse(...Array.from(bytes, (byte) => Uint8Array.of(byte)))[0]?.data).toBe("🚚é");
  });

  it("refuses a message without end", () => {
    const parser = new SseParser();
    const chunk = encoder.encode("data: ".padEnd(1024 * 1024, "x"));
    expect(() => {
      for (let pushed = 0; pushed <= SSE_MESSAGE_CHARS_MAX; pushed += chunk.length) parser.push(chunk);
    }).toThrow("larger than");
  });

  it("gives the same messages wherever the bytes are cut", () => {
    const line = fc.constantFrom("data: a", "data:é🚚", "data", "id: 7", "id", "event: x", ": c", "retry: 5", "", "");
    const ending = fc.constantFrom("\n", "\r", "\r\n");
    fc.assert(
      fc.property(fc.array(fc.tuple(line, ending)), fc.array(fc.nat(200)), (lines, cuts) => {
        const bytes = encoder.encode(lines.flat().join(""));
        const edges = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
        const pieces = edges.slice(1).map((edge, at) => bytes.slice(edges[at], edge));
        expect(parse(...pieces)).toEqual(parse(bytes));
      }),
    );
  });
});
