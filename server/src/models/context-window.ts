/** How many tokens a model can hold, prompt and answer together. */

/** Of models that hold less than an agent's longest prompt; what is not here is asked, and says so itself. */
const SMALL: Readonly<Record<string, number>> = {
  "gpt-4": 8_192,
  "gpt-3.5-turbo": 16_385,
  "codestral-2508": 32_000,
};

/** What the operator says of it, by provider and model or by model alone, else what is known; null where nothing is. */
export function contextTokensOf(id: string, configured: Readonly<Record<string, number>>): number | null {
  const name = id.slice(id.indexOf(":") + 1);
  return configured[id] ?? configured[name] ?? SMALL[name] ?? null;
}
