/**
 * The handler of kind `file_processing`: an uploaded file is read, cut into chunks, and then analysed and embedded as requested. The
 * task is complete when all of that is done; only the reading must succeed.
 */
import type { z } from "zod";
import { AUTO_CHUNKING } from "../../task/documents/chunk.ts";
import { documentInputs } from "../../task/documents/document.ts";
import { type Context, defineHandler, type Handler, StepError } from "../../task/handler.ts";
import type { JsonObject } from "../../task/json/json.ts";
import { cutDocument } from "./cut.ts";
import { knownDocument } from "./known-document.ts";
import type { DocumentParts, Downloaded } from "./parts.ts";
import { readPages, sampleOf } from "./read-pages.ts";
import { reasonOf, StepFailure, taskFailure } from "./step-failure.ts";
import { titled } from "./title.ts";

/** The reading's share of the task's progress; the rest is analysis and embedding. */
const READING_SHARE = 0.7;
const CUTTING_SHARE = 0.8;
/** The reader of files has limits of its own, which end it long before. */
const READING_TIMEOUT_MS = 6 * 3_600_000;
const CANCELLED = "cancelled: The task was cancelled before the file was read.";

export function fileProcessing(parts: DocumentParts): Handler {
  return defineHandler({
    kind: "file_processing",
    input: documentInputs.file_processing,
    present: ({ subject }) => titled("Read", subject),
    run: async (ctx, input) => {
      const { document: key, url } = input;
      const { id, bytes } = await ctx.step("find the file", async () => {
        const { id, bytes } = await knownDocument(parts.documents, key);
        return { id, bytes };
      });
      ctx.details({ file_id: id, bytes, phase: url === null ? "reading" : "downloading" });
      const facts = await untilRead(ctx, parts, input);
      const produced = await afterReading(ctx, input);
      const warnings = [...facts.warnings, ...produced];
      ctx.details({ phase: null, ...(warnings.length > 0 && { warnings }) });
      return { file_id: id, ...facts.counts, ...(warnings.length > 0 && { warnings }) };
    },
    cleanup: async (_step, task) => {
      const { document: key } = documentInputs.file_processing.parse(task.input);
      const document = await parts.documents.document(key);
      if (document?.status !== "uploaded") return;
      const reason = "error" in task && task.error ? `${task.error.code}: ${task.error.message}` : CANCELLED;
      await parts.documents.finishReading(key, { error: reason }, task.updatedAt);
    },
  });
}

type ProcessingInput = Pick<Asked, "document" | "url" | "recognize">;
type Read = { warnings: { code: string; message: string }[]; counts: JsonObject };

/** Downloads, reads and cuts; a failure is the file's and the task's. */
async function untilRead(ctx: Context, parts: DocumentParts, input: ProcessingInput): Promise<Read> {
  const { document: key } = input;
  try {
    if (input.url !== null) await download(ctx, parts, key, input.url);
    const facts = await ctx.step(
      "read",
      (step) => readPages(step, parts, { key, recognize: input.recognize, share: READING_SHARE }),
      { timeoutMs: READING_TIMEOUT_MS },
    );
    const language = await ctx.step("tell the language", async () =>
      parts.extraction.languageOf(await sampleOf(parts, key)),
    );
    const pageCount = await ctx.step("count the pages", () => parts.documents.pageCount(key));
    ctx.details({ phase: "chunking", page_count: pageCount, language });
    const chunks = await ctx.step(
      "cut",
      (step) => cutDocument(step, parts, { document: key, chunking: AUTO_CHUNKING }),
      { timeoutMs: READING_TIMEOUT_MS },
    );
    ctx.progress(CUTTING_SHARE, `${chunks} chunks`);
    const counts = { chunks_created: chunks, page_count: pageCount, language };
    ctx.details(counts);
    const at = await ctx.now();
    await ctx.step("keep what was read", async () => {
      const { outline: _outline, warnings: _warnings, mediaType: _mediaType, ...reading } = facts;
      await parts.documents.finishReading(key, { reading: { ...reading, pageCount, language, chunks } }, at);
      return null;
    });
    return { warnings: facts.warnings, counts: { ...counts, file_type: facts.fileType } };
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    const at = await ctx.now();
    await ctx.step("keep the reason", async () => {
      if (await parts.documents.document(key)) await parts.documents.finishReading(key, { error: reasonOf(error) }, at);
      return null;
    });
    throw taskFailure(error);
  }
}

async function download(ctx: Context, { documents, download }: DocumentParts, key: string, url: string): Promise<void> {
  const at = await ctx.now();
  await ctx.step(
    "download",
    async (step) => {
      if (!download) throw new StepFailure("invalid_file", "This server downloads no files.");
      const file = await download(url, step.signal);
      try {
        await documents.fillDocument(key, await expected(documents, key, file), at);
      } finally {
        await file.release();
      }
      step.details({ bytes: file.bytes });
      return null;
    },
    { retries: 1 },
  );
}

/** The file, if it has the MD5 that its owner named. */
async function expected(documents: DocumentParts["documents"], key: string, file: Downloaded): Promise<Downloaded> {
  const { md5 } = await knownDocument(documents, key);
  if (md5 === null || md5 === file.md5) return file;
  throw new StepFailure("invalid_file", `the MD5 of what was downloaded is ${file.md5}, and not ${md5}`);
}

type Asked = z.output<typeof documentInputs.file_processing>;

/** The requested work after the reading, each as a task of its own. Its failures are warnings. */
async function afterReading(ctx: Context, input: Asked): Promise<Read["warnings"]> {
  const { document, subject, analyses, vectorize, outlineAsJson } = input;
  const warnings: Read["warnings"] = [];
  const attempt = async (code: string, work: () => Promise<unknown>) => {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof StepError)) throw error;
      warnings.push({ code, message: error.failure.message });
    }
  };
  if (analyses.length > 0) {
    ctx.details({ phase: "analysing" });
    const asked = { document, subject, analyses, outlineAsJson };
    await attempt("analysis_failed", () => ctx.child("analysis", "document_analysis", asked));
    ctx.progress(vectorize ? (1 + CUTTING_SHARE) / 2 : 0.99);
  }
  if (vectorize) {
    ctx.details({ phase: "vectorizing" });
    await attempt("vectorization_failed", () => ctx.child("vectorization", "vectorization", { document, subject }));
  }
  return warnings;
}
