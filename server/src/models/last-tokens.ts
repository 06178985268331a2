/**
 * Cuts a prompt to its last tokens, and counts tokens of texts. The count is by this server's own tokenizer, which no provider's
 * matches exactly, in its thread and in pieces: a prompt may have megabytes, and others ask too.
 */
import type { PromptTurn } from "./model.ts";
import { askOfTokens } from "./token-thread.ts";

const PIECE_CHARACTERS = 16_384;

/**
 * The prompt with at most its last `tokens`; 0 is all. Instructions stay whole and do not count, as the model needs all of them.
 * Something always remains: providers refuse an empty prompt.
 */
export async function lastTokens(prompt: readonly PromptTurn[], tokens: number): Promise<PromptTurn[]> {
  if (tokens === 0) return [...prompt];
  const kept: PromptTurn[] = [];
  let left = tokens;
  for (const turn of prompt.toReversed()) {
    if (turn.role === "system") {
      kept.push(turn);
      continue;
    }
    if (left <= 0 && kept.some(({ role }) => role !== "system")) continue;
    const { turn: shown, used } = await turnWithin(turn, Math.max(left, 1));
    left -= used;
    kept.push(shown);
  }
  return withoutStrays(kept.reverse());
}

/** Tokens of some texts together. */
export async function tokensOf(texts: Iterable<string>): Promise<number> {
  let tokens = 0;
  let pieces: string[] = [];
  let characters = 0;
  for (const text of texts) {
    for (let at = 0; at < text.length; at += PIECE_CHARACTERS) {
      const piece = text.slice(at, at + PIECE_CHARACTERS);
      pieces.push(piece);
      characters += piece.length;
      if (characters < PIECE_CHARACTERS) continue;
      tokens += await askOfTokens("count", pieces);
      pieces = [];
      characters = 0;
    }
  }
  return pieces.length === 0 ? tokens : tokens + (await askOfTokens("count", pieces));
}

/** The texts of a prompt, to be counted. */
export function* textsOf(prompt: readonly PromptTurn[]): Iterable<string> {
  for (const turn of prompt) {
    if (turn.role === "tool") for (const { output } of turn.results) yield output;
    else yield turn.text;
    if (turn.role === "assistant") for (const { input } of turn.toolCalls ?? []) yield JSON.stringify(input) ?? "";
  }
}

async function turnWithin(
  turn: Exclude<PromptTurn, { role: "system" }>,
  left: number,
): Promise<{ turn: PromptTurn; used: number }> {
  if (turn.role === "tool") {
    const used = await tokensOf(turn.results.map(({ output }) => output));
    return { turn, used };
  }
  const { text, used } = await endOf(turn.text, left);
  return { turn: { ...turn, text }, used };
}

/** The beginning of a text that has at most so many tokens. */
export function firstTokens(text: string, tokens: number): Promise<string> {
  return askOfTokens("first", { text, tokens });
}

/** The end of a text that has at most so many tokens. */
async function endOf(text: string, tokens: number): Promise<{ text: string; used: number }> {
  let used = 0;
  let from = text.length;
  while (from > 0 && used < tokens) {
    const piece = text.slice(Math.max(0, from - PIECE_CHARACTERS), from);
    const end = await askOfTokens("last", { text: piece, tokens: tokens - used });
    used += end.tokens;
    from -= end.text.length;
    if (end.text.length < piece.length) break;
  }
  return { text: text.slice(from), used };
}

/** Providers refuse results of calls that the prompt does not contain, and a prompt that begins with an answer. */
function withoutStrays(turns: readonly PromptTurn[]): PromptTurn[] {
  const known = new Set<string>();
  const kept: PromptTurn[] = [];
  for (const turn of turns) {
    if (turn.role === "assistant") for (const { id } of turn.toolCalls ?? []) known.add(id);
    if (turn.role !== "tool") {
      kept.push(turn);
      continue;
    }
    const results = turn.results.filter(({ id }) => known.has(id));
    if (results.length > 0) kept.push({ role: "tool", results });
  }
  return kept;
}
