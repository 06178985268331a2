/**
 * What attempts, calls and new tasks make of a subscription. Apart from its schemas, since the writer of the database, which
 * loads none, goes by these rules too. Pure.
 */
import type { Answer, Attempted, Choosable, Outcome, PushFormat, Subscription, TaskChoice } from "./subscription.ts";

const FIRST_DELAY_MS = 1_000;
const DELAY_MS_MAX = 300_000;
/** What a receiver may ask for at most, by `Retry-After`. */
const ASKED_DELAY_MS_MAX = 3_600_000;
/** Of a delay, up or down. */
const JITTER = 0.25;
/** Statuses that are worth another try, besides those from 500 on. */
const PASSING_STATUSES: ReadonlySet<number> = new Set([408, 425, 429]);
const GONE = 410;

/** `owner` is the user whose choice it is. */
export function isChosen(
  { kinds, agents, metadata, everybody, children }: TaskChoice,
  owner: string,
  task: Choosable,
): boolean {
  if (!everybody && task.user !== owner) return false;
  if (!children && task.isChild) return false;
  if (kinds && !kinds.includes(task.kind)) return false;
  if (agents && (task.agent === null || !agents.includes(task.agent))) return false;
  const has = ([key, value]: [string, string]) => task.metadata.some(([name, held]) => name === key && held === value);
  return Object.entries(metadata ?? {}).every(has);
}

/** What `answer` to an attempt to tell `seq` makes of a subscription. `chance` is in 0..1. */
export function afterAttempt(
  before: Subscription,
  seq: number,
  answer: Answer,
  { attemptsMax, failuresMax }: Pick<PushFormat, "attemptsMax" | "failuresMax">,
  { now, chance }: { now: number; chance: number },
): { after: Subscription; outcome: Outcome } {
  const { status } = answer;
  const next = { ...before, error: answer.error, version: before.version + 1, updatedAt: now };
  const told = { ...next, cursor: seq, announces: false, attempts: 0, dueAt: null };
  if (status !== null && status >= 200 && status < 300)
    return { after: { ...told, failures: 0, error: null }, outcome: "delivered" };
  const attempts = before.attempts + 1;
  const failures = before.failures + 1;
  // Of a cursor of a standing one, only that one is disabled by failures.
  const isOver = before.standing === null && failures >= failuresMax;
  if (status === GONE || isOver) {
    const state = { state: "disabled", reason: reasonOf(status, failures) } as const;
    return { after: { ...next, ...state, attempts: 0, failures, dueAt: null }, outcome: "disabled" };
  }
  const mayPass = status === null ? !answer.refused : status >= 500 || PASSING_STATUSES.has(status);
  if (!mayPass || attempts >= attemptsMax)
    return { after: { ...told, failures, givenUp: before.givenUp ?? seq }, outcome: "given_up" };
  const dueAt = now + retryDelayMs(attempts, answer.retryAfterMs, chance);
  return { after: { ...next, attempts, failures, dueAt }, outcome: "retrying" };
}

function reasonOf(status: number | null, failures: number): string {
  return status === GONE ? "The receiver answered 410: it is gone." : `${failures} attempts in a row have failed.`;
}

/**
 * A receiver that fails is left alone by all tasks for as long as its failures in a row say; failures of what was under way by
 * then are one with the first. Null where nothing changes.
 */
export function standingAfter(
  before: Subscription,
  { outcome, status, error, failuresMax, at, askedMs }: Attempted,
): Subscription | null {
  const next = { ...before, version: before.version + 1, updatedAt: at };
  if (outcome === "delivered")
    return before.failures === 0 && before.dueAt === null ? null : { ...next, failures: 0, error: null, dueAt: null };
  if (before.state === "disabled" || (outcome === "retrying" && (before.dueAt ?? 0) > at)) return null;
  const failures = before.failures + 1;
  if (outcome === "disabled" || failures >= failuresMax)
    return { ...next, failures, error, dueAt: null, state: "disabled", reason: reasonOf(status, failures) };
  if (outcome === "given_up") return { ...next, failures, error };
  return { ...next, failures, error, dueAt: at + retryDelayMs(failures, askedMs, 0.5) };
}

/** From 1 s on doubling to 5 min, each a quarter shorter or longer, and never shorter than the receiver asks for. */
export function retryDelayMs(attempts: number, askedMs: number | null, chance: number): number {
  const delay = Math.min(FIRST_DELAY_MS * 2 ** (attempts - 1), DELAY_MS_MAX);
  const spread = Math.round(delay * (1 - JITTER + 2 * JITTER * chance));
  return Math.max(spread, Math.min(askedMs ?? 0, ASKED_DELAY_MS_MAX));
}

/** It goes on where it stood still, with what it has not told. */
export function enabled(before: Subscription, now: number): Subscription {
  return {
    ...before,
    ...{ state: "active", reason: null, attempts: 0, failures: 0, error: null, dueAt: null, done: false },
    ...{ version: before.version + 1, updatedAt: now },
  };
}

/** What a secret is called in `secrets`, and what signs beside it until the moment in `settings`. */
export const SECRET = "secret";
export const SECRET_BEFORE = "secretBefore";
export const SECRET_BEFORE_UNTIL = "secretBeforeUntil";

/** It signs with `secret`, and for `overlapMs` also with the one before. */
export function rotated(before: Subscription, secret: string, overlapMs: number, now: number): Subscription {
  const { [SECRET]: old, [SECRET_BEFORE]: _, ...secrets } = before.secrets;
  const { [SECRET_BEFORE_UNTIL]: __, ...settings } = before.settings;
  const overlaps = old !== undefined && overlapMs > 0;
  return {
    ...before,
    secrets: { ...secrets, [SECRET]: secret, ...(overlaps && { [SECRET_BEFORE]: old }) },
    settings: { ...settings, ...(overlaps && { [SECRET_BEFORE_UNTIL]: String(now + overlapMs) }) },
    version: before.version + 1,
    updatedAt: now,
  };
}

/** It tells the log again from event `from` on. */
export function redriven(before: Subscription, from: number, now: number): Subscription {
  return { ...enabled(before, now), cursor: from - 1, announces: false, givenUp: null };
}
