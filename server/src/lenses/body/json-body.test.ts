import { createHmac } from "node:crypto";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { jsonText } from "../../task/json/json-text.ts";
import { jsonBody, jsonBytes, signedJson, toldInTurns } from "./json-body.ts";

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

/** What `work` came to, and how many turns of the event loop others had meanwhile. */
async function turnsOf<Value>(work: () => Value | Promise<Value>): Promise<{ value: Value; turns: number }> {
  let turns = 0;
  let next = setImmediate(function count() {
    turns += 1;
    next = setImmediate(count);
  });
  try {
    return { value: await work(), turns };
  } finally {
    clearImmediate(next);
  }
}

describe("JSON that is told as text", () => {
  it("is made in turns where it is long, of each value once, and at once where nobody waits", async () => {
    let times = 0;
    const tell = () => {
      times += 1;
      return [jsonText([1, "x"]), jsonText(long), jsonText(long.output), jsonText(long)];
    };
    const { value, turns } = await turnsOf(() => toldInTurns(tell));
    const [all, output] = [JSON.stringify(long), JSON.stringify(long.output)];
    expect(value.map((text, at) => text === ['[1,"x"]', all, output, all][at])).toEqual([true, true, true, true]);
    expect(times).toBe(3);
    expect(turns).toBeGreaterThan(8);
    expect(jsonText(long) === all).toBe(true);
    expect((await turnsOf(() => toldInTurns(() => jsonText([1, "x"])))).value).toBe('[1,"x"]');
  });

  it("fails with whoever tells it, and others tell theirs meanwhile", async () => {
    const failing = toldInTurns(() => {
      throw new Error(jsonText(long).slice(0, 10));
    });
    const [told, ...failed] = await Promise.allSettled([toldInTurns(() => jsonText(long)), failing]);
    expect(told).toMatchObject({ status: "fulfilled" });
    expect(failed).toMatchObject([{ reason: { message: '{"output":' } }]);
  });
});

describe("signed JSON", () => {
  const sign = () => createHmac("sha256", "a secret").update("before.");

  it.each([
    ["short", { a: "ä" }, 0],
    ["long", long, 4],
  ])("is what was signed: %s", async (_, value, turnsMin) => {
    const [one, other] = [sign(), sign()];
    const { value: body, turns } = await turnsOf(() => signedJson(value, [one, other]));
    const sent = typeof body === "string" ? body : await text(Readable.from(body.pieces(), { objectMode: false }));
    expect(sent === JSON.stringify(value)).toBe(true);
    expect(typeof body === "string" || body.bytes).toBe(turnsMin === 0 || Buffer.byteLength(sent));
    const expected = sign().update(sent).digest("hex");
    expect([one.digest("hex"), other.digest("hex")]).toEqual([expected, expected]);
    expect(turns).toBeGreaterThanOrEqual(turnsMin);
    expect(await jsonBytes(value)).toBe(Buffer.byteLength(sent));
  });
});
