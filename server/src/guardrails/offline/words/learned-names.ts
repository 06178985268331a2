/**
 * Names of people and places beside those of the lists: words whose vectors are like those of names that are known, made by
 * `scripts/make-names.mjs`. They are kept in lower case; whether a word stands with a capital its reader sees.
 */
import { readFileSync } from "node:fs";

type Learned = "first" | "family" | "place";

let read: ReadonlyMap<string, ReadonlySet<string>> | undefined;

export function isLearned(kind: Learned, word: string): boolean {
  read ??= readNames();
  const lower = word.toLowerCase();
  const names = read.get(kind);
  return names?.has(lower) === true || names?.has(lower.normalize("NFD").replace(/\p{M}/gu, "")) === true;
}

function readNames(): ReadonlyMap<string, ReadonlySet<string>> {
  const text = readFileSync(new URL("../../../../assets/guardrails/names.txt", import.meta.url), "utf8");
  const lines = text.trimEnd().split("\n");
  return new Map(
    lines.map((line) => {
      const [kind = "", ...names] = line.split(" ");
      return [kind, new Set(names)];
    }),
  );
}
