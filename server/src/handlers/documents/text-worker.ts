/** The functions that run in the processes of `text-processes.ts`, by the name of their question. */

import { tokensIn } from "../../reference/text/tokens.ts";
import { type CutPlace, chunksOf } from "../../retrieval/chunker.ts";
import type { Chunk } from "../../task/documents/chunk.ts";
import type { Produced } from "../../task/documents/document.ts";
import type { DocumentPart } from "./analysis/part.ts";
import { putTogether as assemble, summaryWithin } from "./analysis/put-together.ts";
import type { TextQuestions } from "./text-processes.ts";

/** The grammar for analyses takes twice as long to load as everything else here, and most documents are only cut. */
const loaded = () => import("./analysis/read-part.ts");

export function chunks({ pages, chunking, place }: TextQuestions["chunks"]): { chunks: Chunk[]; place: CutPlace } {
  const chunks = [...chunksOf(pages, chunking, place)];
  return { chunks, place };
}

export async function part({ pages, language }: TextQuestions["part"]): Promise<DocumentPart> {
  const { readPart } = await loaded();
  return readPart(pages, language);
}

export function putTogether({ analyses, document }: TextQuestions["putTogether"]): Produced {
  return assemble(analyses, document);
}

export async function summary({
  texts,
  tokensMax,
}: TextQuestions["summary"]): Promise<{ text: string; tokens: number }> {
  const { readPart } = await loaded();
  const parts = texts.map(({ text, language }) => readPart([{ ...PAGE, content: text }], language));
  const document = { parts, language: texts[0]?.language ?? "unknown", outline: [], outlineAsJson: false };
  for (let words = Math.floor(tokensMax * WORDS_A_TOKEN); ; words = Math.floor(words * 0.8)) {
    const text = summaryWithin(document, words);
    const tokens = tokensIn(text);
    if (tokens <= tokensMax || words < 1) return { text, tokens };
  }
}

const PAGE = { index: 0, name: null, recognized: false };
/** For English; if a text has more tokens per word, fewer words are tried. */
const WORDS_A_TOKEN = 0.75;
