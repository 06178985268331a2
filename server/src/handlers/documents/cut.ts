/** Cuts a document into chunks and embeds them. Both go on where they stopped: what is kept is not made again. */
import { randomUUID } from "node:crypto";
import type { Embedder } from "../../models/embedding.ts";
import { ESTIMATED } from "../../models/estimated-usage.ts";
import type { PaidCall } from "../../models/model.ts";
import type { CutPlace } from "../../retrieval/chunker.ts";
import type { Cut } from "../../store/chunk-store.ts";
import type { Chunk } from "../../task/chunk.ts";
import type { Context, StepContext } from "../../task/handler.ts";
import { isJson } from "../../task/json.ts";
import type { DocumentParts } from "./parts.ts";
import { slicesOf } from "./read-pages.ts";

/** Chunks that are kept in one write. */
const KEPT_AT_ONCE = 64;
/** Calls to the model in one step: what they cost is told when the step ends. */
const CALLS_A_STEP = 16;
const STEP_TIMEOUT_MS = 3_600_000;

/**
 * How many chunks the document has, once it is cut. It is cut a slice of pages at a time, so that a book of 50 MB takes no
 * more memory than one of its slices; as the first chunk is kept with the number of all, longer ones are cut twice.
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

async function* slicesOfChunks(step: StepContext, parts: DocumentParts, cut: Cut): AsyncIterable<Chunk[]> {
  let place: CutPlace = { index: 0, path: [] };
  for await (const pages of slicesOf(parts, cut.document)) {
    const done = await parts.text.chunks(pages, cut.chunking, place, step.signal);
    place = done.place;
    yield done.chunks;
  }
}

async function keep(
  step: StepContext,
  parts: DocumentParts,
  { cut, chunks, total }: { cut: Cut; chunks: readonly Chunk[]; total: number },
): Promise<void> {
  // Also when there are none: then that is what is known of the cut.
  for (let from = 0; from === 0 || from < chunks.length; from += KEPT_AT_ONCE) {
    step.signal.throwIfAborted();
    await parts.chunks.putChunks(cut, chunks.slice(from, from + KEPT_AT_ONCE), total);
  }
}

/** Every request is paid, so that no two share a key. */
function bill(step: StepContext, { usage, rawUsage, ...paid }: PaidCall): void {
  const key = `${step.key}/${step.tries}/${randomUUID()}`;
  const raw = isJson(rawUsage) ? rawUsage : null;
  step.usage({ ...paid, ...usage, key, agent: "", raw, ...(rawUsage === ESTIMATED && { estimated: true as const }) });
}

/** Embeds what has no vector of this model yet; returns how many chunks that were. `told` hears how many are done. */
export async function embedCut(
  ctx: Context,
  parts: DocumentParts,
  { cut, embedder, told }: { cut: Cut; embedder: Embedder; told: (step: StepContext, embedded: number) => void },
): Promise<number> {
  for (let embedded = 0; ; ) {
    const before = embedded;
    const { done, more } = await ctx.step(
      "embed",
      async (step) => {
        let count = 0;
        for (let call = 0; call < CALLS_A_STEP; call++) {
          const chunks = await parts.chunks.unembedded(cut, embedder.model, embedder.batchMax);
          if (chunks.length === 0) return { done: count, more: false };
          const vectors = await embedder.embed(
            chunks.map(({ text }) => text),
            { purpose: "passage", signal: step.signal, onPaid: (paid) => bill(step, paid) },
          );
          const kept = chunks.flatMap(({ index }, at) => {
            const vector = vectors[at];
            return vector === undefined ? [] : [{ index, vector }];
          });
          await parts.chunks.putVectors(cut, embedder.model, kept);
          count += kept.length;
          told(step, before + count);
        }
        return { done: count, more: true };
      },
      { timeoutMs: STEP_TIMEOUT_MS },
    );
    embedded += done;
    if (!more) return embedded;
  }
}
