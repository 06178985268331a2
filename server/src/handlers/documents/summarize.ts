/** A short summary of several texts, in their own sentences. */
import type { Extraction } from "../../extraction/extraction.ts";
import type { TextProcesses } from "./text-processes.ts";

const TIME_MS_MAX = 60_000;

export function summarizeWith(
  text: TextProcesses,
  extraction: Pick<Extraction, "languageOf">,
): (
  texts: readonly string[],
  tokensMax: number,
  tenant: string,
) => Promise<{ text: string; model: string; tokens: number }> {
  return async (texts, tokensMax, tenant) => {
    const read = await Promise.all(
      texts.map(async (each) => ({ text: each, language: await extraction.languageOf(each) })),
    );
    return {
      ...(await text.summary(read, tokensMax, { tenant, signal: AbortSignal.timeout(TIME_MS_MAX) })),
      model: "extractive",
    };
  };
}
