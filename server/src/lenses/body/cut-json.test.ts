import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { expect, test } from "vitest";
import { Refusal } from "../../task/errors.ts";
import { ATTACHED } from "../shannon/attachments.ts";
import { CutJson, fileIn } from "./cut-json.ts";

const LONG = Buffer.from(Array.from({ length: 100_000 }, (_, n) => (n * 7_919) % 256));
const sha256 = createHash("sha256").update(LONG).digest("hex");

/** Takes files into memory, and counts those that were released. */
class Shelf {
  readonly files: Buffer[] = [];
  released = 0;

  readonly take = async (bytes: Readable) => {
    const file = await buffer(bytes);
    this.files.push(file);
    const release = async () => {
      this.released += 1;
    };
    return { sha256: createHash("sha256").update(file).digest("hex"), md5: "", bytes: file.length, release };
  };
}

function inPieces(text: string, length: number): Readable {
  const bytes = Buffer.from(text);
  const pieces = Array.from({ length: Math.ceil(bytes.length / length) }, (_, n) =>
    bytes.subarray(n * length, (n + 1) * length),
  );
  return Readable.from(pieces);
}

async function read(text: string, pieceLength = text.length, shelf = new Shelf()) {
  const body = new CutJson(inPieces(text, pieceLength), ATTACHED);
  const json = await body.read(shelf.take, async (rest) => JSON.parse((await buffer(rest)).toString()));
  return { body, json, shelf };
}

const submit = (...attachments: object[]) => ({ query: "q", context: { attachments, data: "not here" } });

test.each([1, 7, 1_000, 65_536, 1_000_000])(
  "long texts at the place are files, the rest is as it was, in pieces of %i bytes",
  async (length) => {
    const data = LONG.toString("base64");
    const value = submit({ data, media_type: "a" }, { data: "c2hvcnQ=", other: [{ data }] }, { data: 'q"\\' });
    const { body, json, shelf } = await read(JSON.stringify(value), length);
    expect(json).toEqual(
      submit({ data: `file:${sha256}`, media_type: "a" }, { data: "c2hvcnQ=", other: [{ data }] }, { data: 'q"\\' }),
    );
    expect(shelf.files).toEqual([LONG]);
    expect(fileIn(`file:${sha256}`, body.uploads)?.bytes).toBe(LONG.length);
    expect(fileIn(`file:${"0".repeat(64)}`, body.uploads)).toBeUndefined();
    await body.release();
    expect(shelf.released).toBe(1);
  },
);

test("escapes in a text are undone, wherever they are cut, and line breaks are none of it", async () => {
  const lines = LONG.toString("base64").replaceAll(/.{76}/g, "$&\r\n");
  const escaped = JSON.stringify(submit({ data: lines }))
    .replaceAll("/", "\\/")
    .replaceAll("+", "\\u002B");
  for (const length of [1_000, 1_001, 1_003, 777]) {
    const { json, shelf } = await read(escaped, length);
    expect(shelf.files).toEqual([LONG]);
    expect(json).toEqual(submit({ data: `file:${sha256}` }));
  }
});

test("the same bytes twice are one file of the request, and each is released", async () => {
  const data = LONG.toString("base64");
  const { body, shelf } = await read(JSON.stringify(submit({ data }, { data })));
  expect(body.uploads.size).toBe(1);
  await body.release();
  expect(shelf.released).toBe(2);
});

const base64 = LONG.toString("base64");
const at = (n: number) => `illegal base64 data at input byte ${n}`;
test.each([
  ["a foreign character", `${base64.slice(0, 90_000)}!${base64.slice(90_000)}`, at(90_000)],
  ["a padding in the middle", `${base64.slice(0, 90_001)}=${base64.slice(90_001)}`, at(90_001)],
  ["a length that is not whole", `${"A".repeat(100_001)}`, at(100_001)],
  ["too much padding", `${"A".repeat(100_000)}====`, at(100_000)],
])("%s is refused with the place where it is, and nothing is left of it", async (_what, data, says) => {
  const shelf = new Shelf();
  const text = JSON.stringify(submit({ data: base64 }, { data }, { data: base64 }));
  const body = new CutJson(inPieces(text, 10_000), ATTACHED);
  const reading = body.read(shelf.take, (rest) => buffer(rest));
  await expect(reading).rejects.toThrow(says);
  await expect(reading).rejects.toBeInstanceOf(Refusal);
  await body.release();
  expect([shelf.files.length, shelf.released]).toEqual([1, 1]);
});

test("a body that its parser gives up on takes no more files", async () => {
  const shelf = new Shelf();
  const text = `[${JSON.stringify(submit({ data: base64 }, { data: base64 }))}]`;
  const body = new CutJson(inPieces(text.slice(1, -1), 1_000), ATTACHED);
  const reading = body.read(shelf.take, async (rest) => {
    for await (const _ of rest) throw new Refusal("too_large", "Enough.");
  });
  await expect(reading).rejects.toThrow("Enough.");
  await body.release();
  await new Promise((resolve) => setImmediate(resolve));
  expect(shelf.released).toBe(shelf.files.length);
});
