/**
 * The closed union of refusals. Each lens owns a `Record` over it, so a new code does not compile until every lens
 * has an answer. Expected refusals are a `Refusal`; anything else thrown is a bug and reaches callers as `internal`.
 */
export const ERROR_CODES = [
  "not_found", // no such thing, or not yours: the two are never told apart
  "not_allowed_in_state", // the task's state does not permit the command
  "fenced", // a write of an attempt that is no longer the current one
  "invalid", // the request does not fit its schema
  "too_large",
  "conflict", // the same identity with another content, or a race lost three times
  "unauthenticated",
  "forbidden",
  "rate_limited", // more of this caller than is taken at once: try again later
  "unavailable", // overload, shutdown or a full disk: try again later
  "internal",
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

export type RefusalDetail = {
  /** Where in the request: a path like `input.query`. */
  field?: string;
  /** The state that did not permit it. */
  state?: string;
  /** The id of the task that stands in the way. */
  task?: string;
  /** When it is worth trying again. */
  retryAfterS?: number;
  /** The window of time whose limit a `rate_limited` one is about. */
  window?: "minute" | "hour" | "day";
  /** Whether an `unauthenticated` one came with a key, which was then not accepted. */
  hasKey?: boolean;
  /** Where a body stops being JSON: the characters before it, and what was expected there. */
  json?: { at: number; says: string };
  /** It names what this server does not have. A task of before whose child does so stands still until it is there again. */
  missing?: true;
  /** A damaged page refuses it until the server is started anew. Another try meets it again: what it is of stands still until then. */
  damaged?: true;
};

/** An expected no: a code for programs and a sentence for people that says what happened and what to do. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly code: ErrorCode;
  readonly detail: RefusalDetail;

  constructor(code: ErrorCode, message: string, detail: RefusalDetail = {}) {
    super(message);
    this.code = code;
    this.detail = detail;
  }
}

/** The store may take it another time: the disk is full, or too much is waiting. */
export function isUnavailable(error: unknown): boolean {
  return error instanceof Refusal && error.code === "unavailable" && !error.detail.damaged;
}

export function isRefusedByDamage(error: unknown): boolean {
  return error instanceof Refusal && error.detail.damaged === true;
}

export function keyHasEnded(): Refusal {
  return new Refusal("unauthenticated", "The API key was revoked or has expired.");
}

export function notFound(noun: string): Refusal {
  return new Refusal("not_found", `${noun} not found`);
}
