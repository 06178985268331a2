/**
 * The guardrails of one run, wherever text goes in or comes out: a caller's forbidden input is blocked as a whole, other texts are
 * cleaned before the model reads them, and the model's text is cleaned before anybody sees it. Checks run in steps only, so that a
 * later attempt has the same findings.
 */

import type { Looking } from "../../guardrails/detector.ts";
import type { Detectors } from "../../guardrails/detectors.ts";
import { guardOver } from "../../guardrails/detectors.ts";
import type { Cleaned, Guard, GuardedStream, Tail } from "../../guardrails/guard.ts";
import { tokensOf } from "../../models/last-tokens.ts";
import type { Price } from "../../models/price-table.ts";
import type { AgentInput } from "../../task/agent/agent.ts";
import { type GuardrailReport, type Guardrails, INPUT_REJECTED } from "../../task/agent/guardrails.ts";
import type { HeardMessage } from "../../task/conversation.ts";
import type { Context, StepContext, StepOptions } from "../../task/handler.ts";
import type { Json } from "../../task/json/json.ts";
import type { Part } from "../../task/part.ts";
import { readAttachments } from "./attachment.ts";
import type { BudgetWatch } from "./budget.ts";
import { beginPaidCall } from "./paid-call.ts";

/** The guardrails that a server asks of every run, and its detectors. */
export type GuardrailParts = { asked: Guardrails; detectors: Detectors };

/** A tool's result after the guard: for the model, and for watchers. */
type Outcome = { output: string; shown?: string; citations?: { text: string }[] };

const FINDINGS_MAX = 1_000;
const EVENT_FINDINGS_MAX = 100;
const RETRIES = 3;
/** Tokens of the instructions to a model that checks a text, about. */
const QUESTION_TOKENS = 250;
/** Older messages have no room in a prompt. */
const HISTORY_CHARS_MAX = 400_000;

export class RunGuard {
  readonly output: Guard | null;
  readonly #input: Guard | null;
  readonly #report: GuardrailReport;
  readonly #isAsked: boolean;
  readonly #budgets: BudgetWatch;

  constructor(asked: Guardrails, detectors: Detectors, budgets: BudgetWatch) {
    this.#budgets = budgets;
    const [input, output] = [guardOver("input", asked, detectors), guardOver("output", asked, detectors)];
    this.#input = input.guard;
    this.output = output.guard;
    this.#report = { findings: [], warnings: [...input.warnings, ...output.warnings] };
    this.#isAsked = this.isOn || this.#report.warnings.length > 0;
  }

  get isOn(): boolean {
    return this.#input !== null || this.output !== null;
  }

  /**
   * A step that checks these texts. If a model is asked about them, it does not begin with a spent budget: a tool's effect is then not
   * made either, as nobody could check its result.
   */
  step<Result extends Json>(
    ctx: Context,
    name: string,
    texts: readonly string[],
    body: (step: StepContext) => Promise<Result>,
    options: StepOptions = { retries: RETRIES },
  ): Promise<Result> {
    const questions = [...(this.#input?.questions ?? []), ...(this.output?.questions ?? [])];
    if (questions.length === 0) return ctx.step(name, body, options);
    const expected = async () => ({
      inputTokens: questions.length * ((await tokensOf(texts)) + QUESTION_TOKENS),
      outputTokens: questions.reduce((sum, { answerTokensMax }) => sum + answerTokensMax, 0),
      price: dearest(questions.map(({ price }) => price)),
    });
    return this.#budgets.step(ctx, name, expected, body, options);
  }

  /** Of the whole run so far; absent without guardrails. */
  get report(): { guardrails?: GuardrailReport } {
    return this.#isAsked ? { guardrails: this.#report } : {};
  }

  /** Adds the findings of a step to the report. */
  note(found: GuardrailReport | undefined): void {
    if (!found) return;
    const { findings, warnings } = this.#report;
    findings.push(...found.findings.slice(0, FINDINGS_MAX - findings.length));
    for (const warning of found.warnings) {
      if (!warnings.some(({ message }) => message === warning.message)) warnings.push(warning);
    }
    if (findings.length === FINDINGS_MAX && !warnings.some(({ id }) => id === "FINDINGS_CUT"))
      warnings.push({ id: "FINDINGS_CUT", message: `Only the first ${FINDINGS_MAX} findings are listed.` });
  }

  /** Notes that files which came with a text cannot be checked. */
  noteUnread(of: string, files: readonly { mediaType: string }[]): void {
    if (!this.isOn || files.length === 0) return;
    const warnings = files.map(({ mediaType }) => ({
      id: "DETECTOR_UNAVAILABLE" as const,
      message: `A file of ${of} (${mediaType}) was not looked at: it is no text.`,
    }));
    this.note({ findings: [], warnings });
  }

  /** Whether the caller's input may not go to the model; the answer is then `INPUT_REJECTED`, and already shown. */
  async blocks(ctx: Context, input: AgentInput, attachments: readonly Part[]): Promise<boolean> {
    const guard = this.#input;
    if (guard === null) return false;
    const told = [input.query, input.instructions ?? "", ...attachments.map((part) => readAttachments([part]).text)];
    const found = await this.step(ctx, "guard input", told, async (step) => {
      const found = emptyReport();
      const texts: [of: string, text: string][] = [
        ["query", input.query],
        ["instructions", input.instructions ?? ""],
      ];
      for (const [index, part] of attachments.entries()) {
        const { text, files } = readAttachments([part]);
        texts.push([`attachment ${index + 1}`, text]);
        const unread = files.map(
          ({ mediaType }) => `Attachment ${index + 1} (${mediaType}) was not looked at: it is no text.`,
        );
        found.warnings.push(...unread.map((message) => ({ id: "DETECTOR_UNAVAILABLE" as const, message })));
      }
      for (const [of, text] of texts) add(found, await guard.find(text, of, lookingIn(step)));
      if (found.findings.length > 0) step.output(INPUT_REJECTED);
      tell(step, found);
      return cut(found);
    });
    this.note(found);
    return found.findings.length > 0;
  }

  /** The conversation as the model may read it. */
  async history(ctx: Context, messages: readonly HeardMessage[]): Promise<readonly HeardMessage[]> {
    const guard = this.#input;
    if (guard === null || messages.length === 0) return messages;
    const told = messages.flatMap(({ parts }) => parts.map(shownOf));
    const { changes, ...found } = await this.step(ctx, "guard history", told, async (step) => {
      const found = emptyReport();
      const changes: { message: number; part: number; text: string }[] = [];
      let room = HISTORY_CHARS_MAX;
      for (const { n, parts } of messages.toReversed()) {
        for (const [part, { text }] of parts.map((part) => ({ text: shownOf(part) })).entries()) {
          // A message without room is left out here as in the prompt.
          const cleaned = room < text.length ? null : await guard.clean(text, `message ${n}`, lookingIn(step));
          room -= text.length;
          if (cleaned === null) changes.push({ message: n, part, text: "" });
          else if (cleaned.findings.length > 0) changes.push({ message: n, part, text: cleaned.text });
          if (cleaned) add(found, cleaned);
        }
      }
      tell(step, found);
      return { ...cut(found), changes };
    });
    this.note(found);
    const texts = new Map(changes.map(({ message, part, text }) => [`${message}/${part}`, text]));
    return messages.map((message) => ({
      ...message,
      parts: message.parts.map((part, index) => {
        const text = texts.get(`${message.n}/${index}`);
        return text === undefined ? part : { text };
      }),
    }));
  }

  /** A tool's result as the model may read it, and as others may. Called in the tool's step. */
  async outcome<Result extends Outcome>(
    step: StepContext,
    id: string,
    result: Result,
  ): Promise<Result & { guarded?: GuardrailReport }> {
    if (!this.isOn) return result;
    const guarded = emptyReport();
    const of = `tool ${id}`;
    const clean = async (guard: Guard | null, text: string) => {
      if (guard === null) return text;
      const cleaned = await guard.clean(text, of, lookingIn(step));
      add(guarded, cleaned);
      return cleaned.text;
    };
    const output = await clean(this.#input, result.output);
    const shown = await clean(this.output, output);
    const citations: { text: string }[] = [];
    for (const citation of result.citations ?? []) {
      citations.push({ ...citation, text: await clean(this.output, await clean(this.#input, citation.text)) });
    }
    tell(step, guarded);
    return { ...result, output, shown, ...(citations.length > 0 && { citations }), guarded: cut(guarded) };
  }

  /** `outcome` in a step of its own, for results without one. */
  async outcomeStep<Result extends Outcome & Json>(ctx: Context, id: string, result: Result): Promise<Result> {
    if (!this.isOn) return result;
    return this.step(ctx, `guard ${id}`, [result.output], (step): Promise<Result> => this.outcome(step, id, result));
  }
}

/** A model's text, checked within the step that asks it. */
export class SpokenText {
  readonly #guard: Guard;
  readonly #stream: GuardedStream;
  readonly #step: StepContext;
  #came = "";

  constructor(guard: Guard, step: StepContext, shown: { push: (piece: string) => void }, tail?: Tail) {
    this.#guard = guard;
    this.#step = step;
    this.#stream = guard.stream("answer", lookingIn(step), (piece) => shown.push(piece), tail);
  }

  push(piece: string): void {
    this.#came += piece;
    this.#stream.push(piece);
  }

  /** `whole` is the complete text of the answer; with `goesOn`, its last sentence is left to the next call. */
  async end(whole: string, goesOn: boolean): Promise<Cleaned & { tail?: Tail }> {
    // The streamed text is a beginning; the answer may have more, as of a provider that does not stream.
    if (whole.startsWith(this.#came)) this.push(whole.slice(this.#came.length));
    return goesOn ? this.#stream.interrupt() : this.#stream.end();
  }

  /** A value with every text in it masked. */
  async masked(value: Json, of: string, found: GuardrailReport): Promise<Json> {
    if (typeof value === "string") {
      const cleaned = await this.#guard.clean(value, of, lookingIn(this.#step), "masked");
      add(found, cleaned);
      return cleaned.text;
    }
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) {
      const items: Json[] = [];
      for (const item of value) items.push(await this.masked(item, of, found));
      return items;
    }
    const fields: Record<string, Json> = {};
    for (const [key, item] of Object.entries(value)) {
      const name = await this.#guard.clean(key, of, lookingIn(this.#step), "masked");
      add(found, name);
      fields[name.text] = await this.masked(item ?? null, of, found);
    }
    return fields;
  }
}

/** The highest of each rate; null if one is unknown. */
function dearest(prices: readonly (Price | null)[]): Price | null {
  const known = prices.filter((price) => price !== null);
  if (known.length < prices.length) return null;
  return {
    input: Math.max(...known.map(({ input }) => input)),
    output: Math.max(...known.map(({ output }) => output)),
  };
}

export function emptyReport(): GuardrailReport {
  return { findings: [], warnings: [] };
}

function add(report: GuardrailReport, { findings, warnings }: Omit<Cleaned, "text">): void {
  report.findings.push(...findings);
  report.warnings.push(...warnings);
}

/** Bounded, as it goes into journal entries. */
export function cut({ findings, warnings }: GuardrailReport): GuardrailReport {
  return { findings: findings.slice(0, FINDINGS_MAX), warnings };
}

/** Reports the place of findings, never their text. */
export function tell(step: StepContext, { findings }: Pick<GuardrailReport, "findings">): void {
  if (findings.length === 0) return;
  const shown = findings.slice(0, EVENT_FINDINGS_MAX).map(({ word: _, ...finding }) => finding);
  step.emit({ type: "agent.guarded", data: { agent: "", findings: shown } });
}

/** The cost of checks is the task's, in a paid call for each question to a model. */
function lookingIn(step: StepContext): Looking {
  return {
    signal: step.signal,
    paying: (expected) => beginPaidCall(step, "guardrails", expected),
  };
}

function shownOf(part: Part): string {
  return "text" in part ? part.text : readAttachments([part]).text;
}
