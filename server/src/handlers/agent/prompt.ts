/**
 * The prompt of one model call, from the task's question, the conversation before it and the turns of this run. Pure, so that a later
 * attempt builds the same prompt from the same journal. Bounded: history is cut first, oldest before newest, then old tool results.
 */
import type { PromptTurn } from "../../models/model.ts";
import type { HeardMessage } from "../../task/conversation.ts";
import { type Part, textOf } from "../../task/part.ts";
import { readAttachments } from "./attachment.ts";
import { excerpt } from "./excerpt.ts";

export type PromptSource = {
  /** Sections of the system turn; empty ones are left out. */
  instructions: readonly string[];
  query: string;
  attachments: readonly Part[];
  /** Oldest first. */
  history: readonly HeardMessage[];
  /** The turns of this run, after the question. */
  transcript: readonly PromptTurn[];
};

/** About 100,000 tokens of English. Instructions and the question itself are never cut. */
export const PROMPT_CHARS_MAX = 400_000;
const MESSAGE_CHARS_MAX = 50_000;
const OLD_RESULT_CHARS_MAX = 300;

/** The whole prompt, within `charsMax` if instructions and question leave room for that. */
export function buildPrompt(source: PromptSource, charsMax: number = PROMPT_CHARS_MAX): PromptTurn[] {
  const system = source.instructions.filter((section) => section.trim() !== "").join("\n\n");
  const question = questionTurn(source);
  const room = charsMax - system.length - turnChars(question);
  const transcript = fittingTranscript(source.transcript, room);
  const history = fittingHistory(source.history, room - charsOf(transcript));
  return [...(system === "" ? [] : [{ role: "system" as const, text: system }]), ...history, question, ...transcript];
}

function questionTurn({ query, attachments }: PromptSource): PromptTurn & { role: "user" } {
  if (attachments.length === 0) return { role: "user", text: query };
  const { text, files } = readAttachments(attachments);
  return { role: "user", text: `${query}\n\n${text}`, ...(files.length > 0 && { files }) };
}

/** The newest messages that fit, whole. */
function fittingHistory(history: readonly HeardMessage[], charsMax: number): PromptTurn[] {
  const turns: PromptTurn[] = [];
  let chars = 0;
  for (const message of history.toReversed()) {
    const turn = historyTurn(message);
    if (turn === null) continue;
    chars += turnChars(turn);
    if (chars > charsMax) break;
    turns.push(turn);
  }
  return turns.reverse();
}

function historyTurn({ role, parts }: HeardMessage): PromptTurn | null {
  const said = textOf(parts.slice(0, 1));
  const rest = readAttachments(said === "" ? parts : parts.slice(1)).text;
  const text = excerpt([said, rest].filter((piece) => piece !== "").join("\n\n"), MESSAGE_CHARS_MAX);
  if (text === "") return null;
  return role === "user" ? { role, text } : { role: "assistant", text };
}

/** Shortens the oldest tool results first, then drops the oldest turns, and shortens the latest results at last. */
function fittingTranscript(transcript: readonly PromptTurn[], charsMax: number): PromptTurn[] {
  const turns = [...transcript];
  let chars = charsOf(turns);
  const latest = turns.findLastIndex((turn) => turn.role === "assistant");
  for (let index = 0; index < latest && chars > charsMax; index++) {
    const turn = turns[index];
    if (turn?.role !== "tool") continue;
    const shorter: PromptTurn = {
      role: "tool",
      results: turn.results.map((result) => ({ ...result, output: excerpt(result.output, OLD_RESULT_CHARS_MAX) })),
    };
    chars += turnChars(shorter) - turnChars(turn);
    turns[index] = shorter;
  }
  let first = 0;
  while (chars > charsMax && first < latest) {
    // A tool turn is dropped with the assistant turn that asked for it.
    do {
      chars -= charsOf(turns.slice(first, first + 1));
      first++;
    } while (first < latest && turns[first]?.role !== "assistant");
  }
  const kept = turns.slice(first);
  return chars <= charsMax ? kept : kept.map((turn) => withinChars(turn, charsMax));
}

/** The results of a turn, each cut to its share. */
function withinChars(turn: PromptTurn, charsMax: number): PromptTurn {
  if (turn.role !== "tool") return turn;
  const share = Math.max(OLD_RESULT_CHARS_MAX, Math.floor(charsMax / turn.results.length));
  return {
    role: "tool",
    results: turn.results.map((result) => ({ ...result, output: excerpt(result.output, share) })),
  };
}

export function charsOf(turns: readonly PromptTurn[]): number {
  return turns.reduce((chars, turn) => chars + turnChars(turn), 0);
}

function turnChars(turn: PromptTurn): number {
  switch (turn.role) {
    case "system":
    case "user":
      return turn.text.length;
    case "assistant":
      return [...(turn.reasoning ?? []), ...(turn.toolCalls ?? [])].reduce(
        (chars, part) => chars + JSON.stringify(part).length,
        turn.text.length,
      );
    case "tool":
      return turn.results.reduce((chars, result) => chars + result.output.length, 0);
  }
}
