import { z } from "zod";
import { defineWord as lookUp } from "../../../reference/dictionary.ts";
import { termOfComputing } from "../../../reference/glossary.ts";
import { defineTool, NoAnswer } from "../tool.ts";

/** The meanings of a word, with examples and synonyms, from WordNet and a small glossary of computing. */
export const defineWord = defineTool({
  name: "define_word",
  description: "Looks up what an English word or short phrase means, with examples and synonyms.",
  input: z.strictObject({ word: z.string().min(1).max(80) }),
  run({ word }) {
    const term = termOfComputing(word);
    const entry = lookUp(word);
    const lines = (entry?.senses ?? []).map(({ partOfSpeech, gloss, examples, synonyms }, index) => {
      const example = examples[0] === undefined ? "" : ` — “${examples[0]}”`;
      const others = synonyms.length === 0 ? "" : ` (also: ${synonyms.join(", ")})`;
      return `${index + 1}. (${partOfSpeech}) ${gloss}${example}${others}`;
    });
    if (entry !== undefined) lines.unshift(`${entry.word}:`);
    if (term !== undefined) lines.unshift(`In computing, ${term.term} ${term.meaning}.`);
    if (lines.length === 0) throw new NoAnswer(`No definition of "${word}" is known.`);
    return lines.join("\n");
  },
});
