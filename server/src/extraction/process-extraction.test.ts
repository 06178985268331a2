import { describe, expect, test } from "vitest";
import { ExtractionError, type Page } from "./extraction.ts";
import { collected, readingOfFiles } from "./suite/reading-files.ts";

const { read, written, extraction, extractionWith } = readingOfFiles();
const never = () => new AbortController().signal;
const paragraphs = (count: number) =>
  Array.from({ length: count }, (_, at) => `Paragraph ${at} ${"says the same again. ".repeat(20)}`).join("\n\n");

describe("reading in processes", () => {
  test("a file is read into sections that hold all of it, in order", async () => {
    const { facts, pages, text } = await read(paragraphs(100), "notes.txt");
    expect(facts).toMatchObject({ fileType: "text", mediaType: "text/plain", encoding: "utf-8", paged: false });
    expect(pages.map(({ index }) => index)).toEqual(Array.from({ length: facts.pageCount }, (_, index) => index));
    expect(pages.every(({ content }) => content.length <= 4_000)).toBe(true);
    for (let at = 0; at < 100; at++) expect(text).toContain(`Paragraph ${at} `);
  });

  test("the same bytes give the same pages, also from a page in the middle", async () => {
    const bytes = paragraphs(60);
    const whole = await read(bytes, "notes.txt");
    const again = await read(bytes, "notes.txt");
    const rest = await read(bytes, "notes.txt", { from: 3 });
    expect(again).toEqual(whole);
    expect(rest.pages).toEqual(whole.pages.slice(3));
  });

  test("pages may be read anew from elsewhere, and an earlier run then ends", async () => {
    const reading = await extraction.open(written(paragraphs(300), "notes.txt"), {
      tenant: "acme",
      recognize: false,
      signal: never(),
    });
    const first = reading.pages(0)[Symbol.asyncIterator]();
    const { value } = await first.next();
    const later = await collected(reading.pages(5));
    expect(value).toMatchObject({ index: 0 });
    expect(later.map(({ index }) => index)).toEqual(Array.from({ length: later.length }, (_, at) => at + 5));
    await expect(first.next()).rejects.toThrow("anew");
    await reading.close();
  });

  test("a reader that is slow to take pages gets all of them", async () => {
    const reading = await extraction.open(written(paragraphs(400), "notes.txt"), {
      tenant: "acme",
      recognize: false,
      signal: never(),
    });
    const pages: Page[] = [];
    for await (const page of reading.pages(0)) {
      pages.push(page);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(pages.length).toBe(reading.facts.pageCount);
    await reading.close();
  });

  test("a file with no text in it is an empty document", async () => {
    await expect(read("  \n\n \t\n", "notes.txt")).rejects.toMatchObject({ failure: "empty_document" });
    await expect(read("", "notes.txt")).rejects.toMatchObject({ failure: "empty_document" });
  });

  test("bytes of no known format are an unsupported file", async () => {
    const bytes = Uint8Array.from({ length: 5_000 }, (_, at) => (at * 7919) % 251);
    await expect(read(bytes, "data.pdf")).rejects.toMatchObject({ failure: "unsupported_file" });
  });

  test("a process that takes too long is ended, and the next file is read", async () => {
    const hasty = extractionWith({ processes: 1, limits: { readMs: 0 } });
    await expect(read(paragraphs(5_000), "long.txt", { extraction: hasty })).rejects.toMatchObject({
      failure: "timeout",
    });
    await expect(read("Fine.", "short.txt")).resolves.toMatchObject({ text: "Fine." });
  });

  test("a process that takes too much memory is ended, and the next file is read", async () => {
    const frugal = extractionWith({ processes: 1, limits: { heapMb: 30 } });
    const json = JSON.stringify(Array.from({ length: 300_000 }, (_, at) => [[[at]], "x"]));
    await expect(read(json, "large.json", { extraction: frugal })).rejects.toMatchObject({ failure: "too_large" });
    await expect(read("Fine.", "short.txt", { extraction: frugal })).resolves.toMatchObject({ text: "Fine." });
  });

  test("who waits for a process gets one in turn, and may give up while it waits", async () => {
    const single = extractionWith({ processes: 1 });
    const first = await single.open(written("One.", "1.txt"), { tenant: "acme", recognize: false, signal: never() });
    const leaving = new AbortController();
    const left = single.open(written("Two.", "2.txt"), { tenant: "acme", recognize: false, signal: leaving.signal });
    const third = read("Three.", "3.txt", { extraction: single });
    leaving.abort(new Error("No longer wanted."));
    await expect(left).rejects.toThrow("No longer wanted.");
    await first.close();
    await expect(third).resolves.toMatchObject({ text: "Three." });
  });

  test("a file waits for none of another tenant, however many of those there are and however long they take", async () => {
    const single = extractionWith({ processes: 1 });
    const long = (tenant: string) =>
      single.open(written(paragraphs(300), "long.txt"), { tenant, recognize: false, signal: never() });
    const first = await long("greedy");
    const others = [long("greedy"), long("greedy")];
    await expect(read("Fine.", "short.txt", { extraction: single, tenant: "modest" })).resolves.toMatchObject({
      text: "Fine.",
    });
    await first.close();
    for (const other of others) await (await other).close();
  });

  test("an aborted reading rejects with the reason of its signal", async () => {
    const stopping = new AbortController();
    const file = written(paragraphs(5_000), "long.txt");
    const reading = await extraction.open(file, { tenant: "acme", recognize: false, signal: stopping.signal });
    const pages = reading.pages(0)[Symbol.asyncIterator]();
    await pages.next();
    stopping.abort(new Error("Cancelled."));
    await expect(pages.next()).rejects.toThrow("Cancelled.");
    await reading.close();
  });

  test("a closed reading gives no more pages, and may be closed again", async () => {
    const reading = await extraction.open(written(paragraphs(5_000), "long.txt"), {
      tenant: "acme",
      recognize: false,
      signal: never(),
    });
    await reading.close();
    await reading.close();
    await expect(collected(reading.pages(0))).rejects.toBeInstanceOf(ExtractionError);
  });

  test("the language of a text is told by its code, or as unknown", async () => {
    const german = "Der Vertrag tritt am Tage seiner Unterzeichnung in Kraft und gilt für die Dauer von zwei Jahren.";
    await expect(extraction.languageOf(german)).resolves.toBe("de");
    await expect(extraction.languageOf("The agreement ends when either party gives notice of a month.")).resolves.toBe(
      "en",
    );
    await expect(extraction.languageOf("12345 67")).resolves.toBe("unknown");
  });
});
