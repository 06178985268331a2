/** Cuts a document into chunks and embeds them. Both continue where they stopped: stored chunks and vectors are not made again. */
import type { Embedder } from "../../models/embedding.ts";
import { expectedCall, roughTokens } from "../../models/estimated-usage.ts";
import { tokensOf } from "../../models/last-tokens.ts";
import type { Price } from "../../models/price-table.ts";
import type { CutPlace } from "../../retrieval/chunker.ts";
import type { Cut } from "../../store/chunk-store.ts";
import type { Chunk } from "../../task/documents/chunk.ts";
import type { Context, StepContext } from "../../task/handler.ts";
import { BudgetWatch, type ExpectedCall } from "../agent/budget.ts";
import { beginPaidCall } from "../agent/paid-call.ts";
import { knownDocument } from "./known-document.ts";
import type { DocumentParts } from "./parts.ts";
import { slicesOf } from "./read-pages.ts";

/** Chunks written at once. */
const KEPT_AT_ONCE = 64;
/** Calls to the model in one step: their cost is counted when the step ends. */
const CALLS_A_STEP = 16;
const STEP_TIMEOUT_MS = 3_600_000;

/**
 * Cuts the document, and returns the number of chunks. It is cut a slice of pages at a time, so that a book of 50 MB takes no more
 * memory than one slice; as the first chunk is stored with the number of all, longer documents are cut twice.
 */
export async function cutDocument(step: StepContext, parts: DocumentParts, cut: Cut): Promise<number> {
  const known = await parts.chunks.chunkCount(cut);
  if (known !== null) return known;
  let slices = 0;
  let total = 0;
  let last: readonly Chunk[] = [];
  for await (const chunks of slicesOfChunks(step, parts, cut)) {
    slices++;
    total += chunks.length;
    last = chunks;
  }
  if (slices <= 1) await keep(step, parts, { cut, chunks: last, total });
  else for await (const chunks of slicesOfChunks(step, parts, cut)) await keep(step, parts, { cut, chunks, total });
  return total;
}

async function* slicesOfChunks({ signal }: StepContext, parts: DocumentParts, cut: Cut): AsyncIterable<Chunk[]> {
  const { tenant } = await knownDocument(parts.documents, cut.document);
  let place: CutPlace = { index: 0, path: [] };
  for await (const pages of slicesOf(parts, cut.document)) {
    const done = await parts.text.chunks(pages, cut.chunking, place, { tenant, signal });
    place = done.place;
    yield done.chunks;
  }
}

async function keep(
  step: StepContext,
  parts: DocumentParts,
  { cut, chunks, total }: { cut: Cut; chunks: readonly Chunk[]; total: number },
): Promise<void> {
  // Also without chunks: the empty write says that the document is cut.
  for (let from = 0; from === 0 || from < chunks.length; from += KEPT_AT_ONCE) {
    step.signal.throwIfAborted();
    await parts.chunks.putChunks(cut, chunks.slice(from, from + KEPT_AT_ONCE), total);
  }
}

type Embedding = {
  cut: Cut;
  embedder: Embedder;
  /** Called with the number of embedded chunks. */
  told: (step: StepContext, embedded: number) => void;
};

/** Embeds the chunks without a vector of this model, within every budget if that costs something; returns their number. */
export async function embedCut(ctx: Context, parts: DocumentParts, work: Embedding): Promise<number> {
  const { price } = work.embedder;
  const budgets = new BudgetWatch();
  const options = { timeoutMs: STEP_TIMEOUT_MS };
  for (let embedded = 0; ; ) {
    const before = embedded;
    const some = (calls: number) => (step: StepContext) => embedSome(step, parts, work, { calls, before });
    const { done, more } =
      price === null
        ? await ctx.step("embed", some(CALLS_A_STEP), options)
        : await budgets.step(ctx, "embed", () => expected(parts, work, price), some(1), options);
    embedded += done;
    if (!more) return embedded;
  }
}

async function expected(parts: DocumentParts, { cut, embedder }: Embedding, price: Price): Promise<ExpectedCall> {
  const chunks = await parts.chunks.unembedded(cut, embedder.model, embedder.batchMax);
  return { inputTokens: await tokensOf(chunks.map(({ text }) => text)), price, outputTokens: 0 };
}

async function embedSome(
  step: StepContext,
  parts: DocumentParts,
  { cut, embedder, told }: Embedding,
  { calls, before }: { calls: number; before: number },
): Promise<{ done: number; more: boolean }> {
  let done = 0;
  for (let call = 0; call < calls; call++) {
    const chunks = await parts.chunks.unembedded(cut, embedder.model, embedder.batchMax);
    if (chunks.length === 0) return { done, more: false };
    const texts = chunks.map(({ text }) => text);
    const { model, price } = embedder;
    const onPaid = await beginPaidCall(step, "", price && expectedCall(model, roughTokens(texts), price));
    const vectors = await embedder.embed(texts, { purpose: "passage", signal: step.signal, onPaid });
    const kept = chunks.flatMap(({ index }, at) => {
      const vector = vectors[at];
      return vector === undefined ? [] : [{ index, vector }];
    });
    await parts.chunks.putVectors(cut, embedder.model, kept);
    done += kept.length;
    told(step, before + done);
  }
  return { done, more: true };
}
