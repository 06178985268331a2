/** A piece of a document that is embedded and found as one, and where it stands. */

export type Chunk = {
  /** In the order of the document, from 0. */
  index: number;
  /** Index of the page that it begins on, from 0. */
  page: number;
  /** Where it stands in that page's Markdown, in UTF-16 units; `end` is exclusive. */
  start: number;
  end: number;
  /** What is embedded and searched: the text of the chunk, below the headings that it stands under. */
  text: string;
  /** In tokens of the one tokenizer (`o200k_base`). */
  tokens: number;
};

/** How documents are cut, in tokens. */
export type ChunkingStrategy = { maxTokens: number; overlapTokens: number };

/** What is used when nobody asks for another one. */
export const AUTO_CHUNKING: ChunkingStrategy = { maxTokens: 800, overlapTokens: 400 };
