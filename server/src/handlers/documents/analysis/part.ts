/**
 * The analysis of one part of a document: small enough for the journal, and enough to be put together with the other parts. A part is
 * read alone (map), the parts are put together at the end (reduce).
 */
import { z } from "zod";

const text = z.string();
const counted = z.strictObject({ text, count: z.int() });

export const documentPart = z.strictObject({
  /** The most telling sentences, by their place in the part; the best first. */
  sentences: z.array(z.strictObject({ text, place: z.int(), page: z.int() })),
  /** How many sentences of running text the part has. */
  length: z.int(),
  headings: z.array(z.strictObject({ title: text, level: z.int(), page: z.int() })),
  /** Phrases of one to three words, with how often they occur; those in headings count more. */
  phrases: z.array(counted),
  entities: z.array(z.strictObject({ name: text, type: text, count: z.int() })),
  /** Names that occur in one sentence, in alphabetical order, with how often they do. */
  pairs: z.array(z.strictObject({ source: text, target: text, count: z.int() })),
  /** The subjects of its pages, a line each. */
  contexts: z.array(text),
});
export type DocumentPart = z.infer<typeof documentPart>;
