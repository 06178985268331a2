/** What a step's entry says while it has no result, and what of its payments counts once its process has died. */
import { z } from "zod";
import type { JournalEntry } from "../../store/store.ts";
import { TOKEN_BYTES, type UsageCall, usageCall } from "../../task/usage.ts";

/**
 * When it tries again, whether it has sent live text (`said`), and what its try had paid for or was about to, the last at
 * `usdPerToken` for what was said, unless its answer is `silent`: no live text, or none yet. In the `life` in which it began, its
 * body says itself what it has paid for, also when it is cut off.
 */
export const unfinished = z.object({
  until: z.int(),
  said: z.boolean(),
  paying: z
    .object({
      calls: z.array(usageCall),
      usdPerToken: z.number(),
      silent: z.boolean().optional(),
      life: z.string().optional(),
    })
    .optional(),
});
export type Paying = NonNullable<z.infer<typeof unfinished>["paying"]>;

/** The last call by what was known before it, and by how many bytes were `said` of its answer. */
export async function lostCalls(
  { calls, usdPerToken, silent = false }: Paying,
  said: () => Promise<number>,
): Promise<UsageCall[]> {
  const last = calls.at(-1);
  if (!last || silent) return calls;
  const tokens = Math.ceil((await said()) / TOKEN_BYTES);
  const costUsd = last.costUsd === null ? null : last.costUsd + tokens * usdPerToken;
  return [...calls.slice(0, -1), { ...last, outputTokens: last.outputTokens + tokens, costUsd }];
}

/** What a try was paying in another life than this one; null where it was none, or has ended. */
export function paidInAnotherLife({ state, result }: JournalEntry, life: string): Paying | null {
  const read = state === "waiting" ? unfinished.safeParse(result) : null;
  const paying = read?.data?.paying;
  return paying === undefined || paying.life === life ? null : paying;
}
