import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { jsonBody } from "./json-body.ts";

const long = { output: Array.from({ length: 16 }, (_, n) => `${n}"\n`.repeat(50_000)) };

describe("the JSON of an answer", () => {
  it("is a text, unless it is long", () => {
    expect(jsonBody({ a: [1, "x"] })).toBe('{"a":[1,"x"]}');
    expect(jsonBody({ a: long.output[0] }, [])).toBeTypeOf("string");
    expect(jsonBody(long)).toBeInstanceOf(Readable);
  });

  it("is made piece by piece when it is long, and others have their turn between two pieces", async () => {
    const body = jsonBody(long);
    let turns = 0;
    let next = setImmediate(function count() {
      turns += 1;
      next = setImmediate(count);
    });
    const turnsAt: number[] = [];
    const pieces: Buffer[] = [];
    for await (const piece of body) {
      turnsAt.push(turns);
      pieces.push(Buffer.from(piece));
    }
    clearImmediate(next);
    expect(Buffer.concat(pieces).toString() === JSON.stringify(long)).toBe(true);
    expect(pieces.length).toBeGreaterThan(4);
    expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(2_000_000);
    expect(turnsAt.every((turn, at) => at === 0 || turn > (turnsAt[at - 1] ?? 0))).toBe(true);
  });

  it("is made no further when nobody reads on", async () => {
    const body = jsonBody(long);
    if (!(body instanceof Readable)) throw new Error("It is long.");
    for await (const piece of body) {
      expect(piece.length).toBeGreaterThan(0);
      break;
    }
    expect(body.destroyed).toBe(true);
    expect((await text(Readable.from(jsonBody(long), { objectMode: false }))).length).toBe(JSON.stringify(long).length);
  });
});
