import { Readable } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { z } from "zod";
import { Refusal } from "../../task/errors.ts";
import { UnreadForm } from "./form.ts";
import { formOf } from "./form-schema.ts";

const TYPE = "multipart/form-data; boundary=cut-here";

type Part = { head: string; text: string };
const field = (name: string, text: string): Part => ({ head: `form-data; name="${name}"`, text });
const file = (name: string, filename: string, text: string): Part => ({
  head: `form-data; name="${name}"; filename="${filename}"\r\nContent-Type: text/plain`,
  text,
});

function bytesOf(...parts: Part[]): Buffer {
  const lines = parts.map(({ head, text }) => `--cut-here\r\nContent-Disposition: ${head}\r\n\r\n${text}\r\n`);
  return Buffer.from(`${lines.join("")}--cut-here--\r\n`);
}

class Shelf {
  readonly texts: string[] = [];
  released = 0;

  readonly take = async ({ bytes }: { bytes: Readable }) => {
    let text = "";
    for await (const chunk of bytes) text += String(chunk);
    this.texts.push(text);
    const release = async () => {
      this.released += 1;
    };
    return { text, release };
  };
}

function readAll(bytes: Buffer, shelf = new Shelf(), type = TYPE) {
  return new UnreadForm(Readable.from([bytes]), type).read(shelf.take);
}

async function refusal(reading: Promise<unknown>): Promise<string> {
  const error: unknown = await reading.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  return error instanceof Refusal ? error.code : String(error);
}

test("fields and files come in their order, with names of any language and no folders", async () => {
  const body = bytesOf(
    field("to", "Zoë"),
    file("parcel", "../../etc/große Datei ☂.txt", "one"),
    field("to", "Ada"),
    file("parcel", "", "two\r\n--cut-her"),
  );
  const { fields, files } = await readAll(body);
  expect(fields).toEqual([
    ["to", "Zoë"],
    ["to", "Ada"],
  ]);
  expect(files.map(({ name, filename, mediaType, kept }) => [name, filename, mediaType, kept.text])).toEqual([
    ["parcel", "große Datei ☂.txt", "text/plain", "one"],
    ["parcel", "", "text/plain", "two\r\n--cut-her"],
  ]);
});

test("files keep their order, whichever of them is on the disk first", async () => {
  const body = bytesOf(file("parcel", "first", "one"), file("parcel", "second", "two"));
  const secondIsKept = Promise.withResolvers<void>();
  const form = new UnreadForm(Readable.from([body]), TYPE);
  const { files } = await form.read(async ({ filename, bytes }) => {
    for await (const _ of bytes);
    if (filename === "first") await secondIsKept.promise;
    else secondIsKept.resolve();
    return { release: async () => {} };
  });
  expect(files.map(({ filename }) => filename)).toEqual(["first", "second"]);
});

test("fields fit a schema, with lists and objects by their names", async () => {
  const shape = z.object({
    to: z.array(z.string()),
    after: z.object({ days: z.string() }),
    note: z.string().optional(),
  });
  const schema = formOf(shape, { parcel: "What is in it." });
  const read = (...parts: Part[]) =>
    schema.parse(new UnreadForm(Readable.from([bytesOf(...parts)]), TYPE)).read(new Shelf().take);
  const { fields } = await read(field("to", "a"), field("after[days]", "7"), field("to", "b"), field("other", "x"));
  expect(fields).toEqual({ to: ["a", "b"], after: { days: "7" } });
  await expect(read(field("to", "a"))).rejects.toMatchObject({ issues: [{ path: ["to"] }, { path: ["after"] }] });
});

test("a form that is cut at any byte is invalid, and what was taken of it can be given back", async () => {
  const body = bytesOf(field("to", "Ada"), file("parcel", "a.txt", "some bytes"), file("parcel", "b.txt", "more"));
  const whole = body.length - "\r\n".length;
  for (let length = 0; length < body.length; length++) {
    const shelf = new Shelf();
    const form = new UnreadForm(Readable.from([body.subarray(0, length)]), TYPE);
    const ended = form.read(shelf.take).then(() => "read");
    expect([length, length < whole ? await refusal(ended) : await ended]).toEqual([
      length,
      length < whole ? "invalid" : "read",
    ]);
    await form.release();
    expect(shelf.released).toBe(shelf.texts.length);
  }
});

test("a connection that breaks in the middle of a file breaks whoever takes it", async () => {
  const body = new Readable({ read() {} });
  const reading = new UnreadForm(body, TYPE).read(new Shelf().take);
  body.push(bytesOf(file("parcel", "a.txt", "x".repeat(1_000))).subarray(0, 500));
  await setImmediate();
  body.destroy(new Refusal("invalid", "The body ended before its end."));
  expect(await refusal(reading)).toBe("invalid");
});

test.each([
  ["a type without a boundary", "multipart/form-data", bytesOf(field("a", "b")), "invalid"],
  ["bytes that are no form", TYPE, Buffer.from('{"a":"b"}'), "invalid"],
  ["a field without a name", TYPE, bytesOf({ head: "form-data", text: "x" }), "invalid"],
  ["a field named __proto__", TYPE, bytesOf(field("__proto__", "x")), "invalid"],
  ["a name that is too long", TYPE, bytesOf(field("n".repeat(256), "x")), "invalid"],
  ["a field that is too large", TYPE, bytesOf(field("a", "x".repeat(300_000))), "too_large"],
  [
    "fields that are too large together",
    TYPE,
    bytesOf(...Array.from({ length: 6 }, () => field("a", "x".repeat(200_000)))),
    "too_large",
  ],
  ["too many fields", TYPE, bytesOf(...Array.from({ length: 1_001 }, () => field("a", "x"))), "too_large"],
  ["too many files", TYPE, bytesOf(...Array.from({ length: 21 }, () => file("a", "x", "x"))), "too_large"],
])("%s is refused", async (_what, type, bytes, code) => {
  expect(await refusal(readAll(bytes, new Shelf(), type))).toBe(code);
});

test("what a taker refuses is what the form is refused with, and the rest of the body is read and dropped", async () => {
  const body = bytesOf(file("parcel", "a.txt", "x".repeat(2_000_000)), field("to", "Ada"));
  const source = Readable.from(Array.from({ length: 20 }, (_, n) => body.subarray(n * 100_100, (n + 1) * 100_100)));
  const form = new UnreadForm(source, TYPE);
  const reading = form.read<{ release: () => Promise<void> }>(async ({ bytes }) => {
    bytes.once("data", () => bytes.pause());
    throw new Refusal("unavailable", "No room.");
  });
  expect(await refusal(reading)).toBe("unavailable");
  await new Promise((resolve) => source.on("close", resolve));
  expect(source.readableEnded).toBe(true);
});

test("a file is taken as fast as its taker takes it: no more than a few chunks of it are in memory", async () => {
  const chunk = 64 << 10;
  const chunks = 512;
  let given = 0;
  let taken = 0;
  let aheadMax = 0;
  const source = Readable.from(
    (function* () {
      yield Buffer.from('--cut-here\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n\r\n');
      for (let n = 0; n < chunks; n++) {
        given += chunk;
        aheadMax = Math.max(aheadMax, given - taken);
        yield Buffer.alloc(chunk, "x");
      }
      yield Buffer.from("\r\n--cut-here--\r\n");
    })(),
  );
  await new UnreadForm(source, TYPE).read(async ({ bytes }) => {
    for await (const each of bytes) {
      taken += Buffer.byteLength(each);
      await setImmediate();
    }
    return { release: async () => {} };
  });
  expect(taken).toBe(chunk * chunks);
  // The source itself is read ahead by sixteen chunks.
  expect(aheadMax).toBeLessThan(3 << 20);
});
