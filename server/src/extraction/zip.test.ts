import { expect, test } from "vitest";
import { LIMITS } from "./limits.ts";
import { readingOfFiles } from "./suite/reading-files.ts";
import { crowdedZip, zipFile } from "./suite/zip-file.ts";
import { Zip } from "./zip.ts";

const { written } = readingOfFiles();

function opened(bytes: Buffer, limits = LIMITS): Zip {
  return new Zip({ path: written(bytes, "archive.zip").path, size: bytes.length }, limits);
}

const failure = (word: string) => expect.objectContaining({ failure: word });

test("the parts of an archive are found by their names, whatever these are", () => {
  const names = ["a/b.xml", "../../etc/passwd", "c:\\x", "nul\0byte", "\u202egpj.exe", "n".repeat(255)];
  const zip = opened(zipFile(names.map((name) => ({ name, content: `It is ${name}.` }))));
  expect(zip.names()).toEqual(names);
  for (const name of names) expect(zip.text(name)).toBe(`It is ${name}.`);
  expect(() => zip.bytes("none")).toThrow(failure("invalid_file"));
  zip.close();
});

test("what comes out is counted, and not what the archive says", () => {
  const content = Buffer.alloc(40 * 1024 * 1024);
  const modest = opened(zipFile([{ name: "a", content, declaredBytes: 10 }]));
  expect(() => modest.bytes("a")).toThrow(failure("too_large"));
  const boastful = opened(zipFile([{ name: "a", content: "small", declaredBytes: 0xfffffff0 }]));
  expect(boastful.text("a")).toBe("small");
  const small = Buffer.alloc(1024);
  const many = opened(zipFile([1, 2, 3].map((at) => ({ name: `${at}`, content: small }))), {
    ...LIMITS,
    unpackedBytes: 2_500,
  });
  expect([many.bytes("1").length, many.bytes("2").length]).toEqual([1024, 1024]);
  expect(() => many.bytes("3")).toThrow(failure("too_large"));
});

test("an archive of a million parts is refused by its directory alone", () => {
  expect(() => opened(crowdedZip(1_000_000))).toThrow(failure("too_large"));
  expect(() => opened(crowdedZip(10_001))).toThrow(failure("too_large"));
});

test("an archive that was cut is damaged, wherever it was", () => {
  const bytes = zipFile([{ name: "a", content: "some content ".repeat(100) }]);
  for (let end = 0; end < bytes.length; end += 7)
    expect(() => opened(bytes.subarray(0, end))).toThrow(failure("invalid_file"));
  const garbled = Buffer.from(bytes);
  garbled.fill(0xff, 35, 50);
  expect(() => opened(garbled).bytes("a")).toThrow(failure("invalid_file"));
});
