/** How many tokens a model's context has, prompt and answer together. */

/** Models whose context is smaller than an agent's longest prompt; others report themselves a prompt that is too long. */
const SMALL: Readonly<Record<string, number>> = {
  "gpt-4": 8_192,
  "gpt-3.5-turbo": 16_385,
  "codestral-2508": 32_000,
};

/** The operator's number, by provider and model or by model, else the known one; null if there is none. */
export function contextTokensOf(id: string, configured: Readonly<Record<string, number>>): number | null {
  const name = id.slice(id.indexOf(":") + 1);
  return configured[id] ?? configured[name] ?? SMALL[name] ?? null;
}
