/**
 * The handler of kind `document_analysis`: a document is read part by part, each part a journaled step, and the results are put
 * together at the end. By the configured model if its caller may use one, else from the document's own sentences.
 */

import { isAllowed } from "../../task/agent/allowed-models.ts";
import { documentInputs } from "../../task/documents/document.ts";
import { type Context, defineHandler, type Handler, type StepContext } from "../../task/handler.ts";
import type { JsonObject } from "../../task/json/json.ts";
import type { DocumentPart } from "./analysis/part.ts";
import { analyseByModel } from "./analysis-by-model.ts";
import { knownDocument } from "./known-document.ts";
import type { DocumentParts } from "./parts.ts";
import { StepFailure } from "./step-failure.ts";
import { titled } from "./title.ts";

/** Pages of one part; a part has about 1 MB of text at most. */
const PAGES_A_PART = 100;
const STEP_TIMEOUT_MS = 600_000;
const OFFLINE = "local:";

export function documentAnalysis(parts: DocumentParts): Handler {
  return defineHandler({
    kind: "document_analysis",
    input: documentInputs.document_analysis,
    present: ({ subject }) => titled("Analyse", subject),
    run: async (ctx, { document: key, analyses, outlineAsJson }) => {
      const { id, language, pageCount } = await ctx.step("find the file", async () => {
        const { id, reading } = await knownDocument(parts.documents, key);
        // Its upload may still be at work, which stores what it read before it asks for an analysis.
        if (!reading) throw new StepFailure("invalid_file", "The file has not been read.");
        return { id, language: reading.language, pageCount: reading.pageCount };
      });
      ctx.details({ file_id: id, phase: "analysing" });
      const read = await readParts(ctx, parts, { key, language, pageCount });
      const model = parts.models.defaultModel;
      const own = await ctx.step("put together", (step) =>
        parts.text.putTogether(analyses, { parts: read, language, outline: [], outlineAsJson }, askingFor(ctx, step)),
      );
      const { produced, warnings } =
        model.startsWith(OFFLINE) || !isAllowed(ctx.task.models, model)
          ? { produced: own, warnings: [] }
          : await analyseByModel(ctx, parts, { key, analyses, own, model });
      const at = await ctx.now();
      const method = produced.method ?? "extractive";
      await ctx.step("keep it", async () => {
        await parts.documents.putProduced(key, { ...produced, method }, at);
        return null;
      });
      const told: JsonObject = { produced: analyses, method, ...(warnings.length > 0 && { warnings }) };
      ctx.details({ ...told, phase: null });
      return { file_id: id, ...told };
    },
  });
}

function askingFor({ task }: Context, { signal }: StepContext): { tenant: string; signal: AbortSignal } {
  return { tenant: task.tenant, signal };
}

async function readParts(
  ctx: Context,
  { documents, text }: DocumentParts,
  { key, language, pageCount }: { key: string; language: string; pageCount: number },
): Promise<DocumentPart[]> {
  const read: DocumentPart[] = [];
  for (let from = 0; from < pageCount; ) {
    const begin = from;
    const { part, next } = await ctx.step(
      "read a part",
      async (step) => {
        const pages = await documents.pages(key, begin, PAGES_A_PART);
        const last = pages.at(-1);
        if (!last) return { part: null, next: pageCount };
        const part = await text.part(pages, language, askingFor(ctx, step));
        step.progress((0.9 * (last.index + 1)) / pageCount, `page ${last.index + 1} of ${pageCount}`);
        return { part, next: last.index + 1 };
      },
      { timeoutMs: STEP_TIMEOUT_MS },
    );
    if (part) read.push(part);
    from = next;
  }
  return read;
}
