/**
 * The processes that cut and analyse texts, as the server sees them: slow work on long texts never holds up anybody else. They start
 * with the first question, serve the tenants in rotation, and end when they are idle. They are no threads: the table of tokens alone
 * takes 120 MB, of which the system's allocator returns 50 to nobody when a thread ends.
 */
import { Tinypool } from "tinypool";
import { z } from "zod";
import type { CutPlace } from "../../retrieval/chunker.ts";
import type { Chunk, ChunkingStrategy } from "../../task/documents/chunk.ts";
import type { Analysis, DocumentPage, Produced } from "../../task/documents/document.ts";
import { FairPlaces } from "../../task/fair-places.ts";
import { type DocumentPart, documentPart } from "./analysis/part.ts";
import type { ToPutTogether } from "./analysis/put-together.ts";

/** The asking tenant, and its signal. */
type Asking = { tenant: string; signal: AbortSignal };

export interface TextProcesses {
  /** Chunks of pages that follow those before `place`. Rejects when the text takes more memory than a process has. */
  chunks(
    pages: readonly DocumentPage[],
    chunking: ChunkingStrategy,
    place: CutPlace,
    asking: Asking,
  ): Promise<{ chunks: Chunk[]; place: CutPlace }>;
  part(pages: readonly DocumentPage[], language: string, asking: Asking): Promise<DocumentPart>;
  putTogether(analyses: readonly Analysis[], document: ToPutTogether, asking: Asking): Promise<Produced>;
  /** A summary of several texts in their own sentences, in at most so many tokens. */
  summary(
    texts: readonly { text: string; language: string }[],
    tokensMax: number,
    asking: Asking,
  ): Promise<{ text: string; tokens: number }>;
  close(): Promise<void>;
}

/** The questions to a process, by the names of the functions in `text-worker.ts`. */
export type TextQuestions = {
  chunks: { pages: readonly DocumentPage[]; chunking: ChunkingStrategy; place: CutPlace };
  part: { pages: readonly DocumentPage[]; language: string };
  putTogether: { analyses: readonly Analysis[]; document: ToPutTogether };
  summary: { texts: readonly { text: string; language: string }[]; tokensMax: number };
};

const PROCESSES_MAX = 2;
const IDLE_MS = 10_000;
const HEAP_MB_MAX = 256;
/** The part of our environment that a process gets. */
const PASSED_ON = ["NODE_COMPILE_CACHE", "SystemRoot"];

const chunk = z.object({
  index: z.int(),
  page: z.int(),
  start: z.int(),
  end: z.int(),
  text: z.string(),
  tokens: z.int(),
});
const heading = z.object({ level: z.int(), text: z.string(), tokens: z.int() });
const cutPages = z.object({
  chunks: z.array(chunk),
  place: z.object({ index: z.int(), path: z.array(heading) }),
});
const produced = z.looseObject({});
const summary = z.strictObject({ text: z.string(), tokens: z.int() });

export function textProcesses(): TextProcesses {
  const ending = import.meta.url.slice(import.meta.url.lastIndexOf("."));
  let pool: Tinypool | undefined;
  const places = new FairPlaces(PROCESSES_MAX);
  const ask = async <Name extends keyof TextQuestions>(
    name: Name,
    question: TextQuestions[Name],
    { tenant, signal }: Asking,
  ): Promise<unknown> => {
    const leave = await places.take(tenant, signal);
    pool ??= new Tinypool({
      runtime: "child_process",
      filename: new URL(`./text-worker${ending}`, import.meta.url).href,
      minThreads: 0,
      maxThreads: PROCESSES_MAX,
      idleTimeout: IDLE_MS,
      env: Object.fromEntries(PASSED_ON.flatMap((name) => entryOf(name, process.env[name]))),
      execArgv: [`--max-old-space-size=${HEAP_MB_MAX}`, "--no-warnings"],
    });
    try {
      return await pool.run(question, { name, signal });
    } finally {
      leave();
    }
  };
  return {
    chunks: async (pages, chunking, place, asking) =>
      cutPages.parse(await ask("chunks", { pages, chunking, place }, asking)),
    part: async (pages, language, asking) => documentPart.parse(await ask("part", { pages, language }, asking)),
    putTogether: async (analyses, document, asking) =>
      produced.parse(await ask("putTogether", { analyses, document }, asking)),
    summary: async (texts, tokensMax, asking) => summary.parse(await ask("summary", { texts, tokensMax }, asking)),
    close: async () => {
      await pool?.destroy();
    },
  };
}

function entryOf(name: string, value: string | undefined): [string, string][] {
  return value === undefined ? [] : [[name, value]];
}
