/**
 * Everything that the client rejects with, except an abort by the caller's own signal, which rejects with that signal's
 * reason. `code` is for programs, `message` for people.
 */
import type { ErrorCode, Failure, Problem, Task } from "./generated/api.ts";

/** The server's codes, and those of what can go wrong before it or after it has answered. */
export type WaybillErrorCode =
  | ErrorCode
  /** No answer: the server is not there, or the connection broke. */
  | "connection"
  /** No answer in the time that the caller allows. */
  | "timeout"
  /** An answer that is not the API's: another server, or a proxy. */
  | "protocol"
  | "task_failed"
  | "task_cancelled"
  | "task_timed_out"
  | "task_rejected"
  | "task_needs_input";

export type WaybillErrorOptions = {
  /** HTTP status; null when there was no answer. */
  status?: number | null;
  /** The server's name for the request: its log has more under it. */
  requestId?: string | null;
  /** Where in the request: a path like `input.query`. */
  field?: string | null;
  retryAfterS?: number | null;
  cause?: unknown;
};

export class WaybillError extends Error {
  override readonly name: string = "WaybillError";
  readonly code: WaybillErrorCode;
  readonly status: number | null;
  readonly requestId: string | null;
  readonly field: string | null;
  readonly retryAfterS: number | null;

  constructor(code: WaybillErrorCode, message: string, options: WaybillErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.status = options.status ?? null;
    this.requestId = options.requestId ?? null;
    this.field = options.field ?? null;
    this.retryAfterS = options.retryAfterS ?? null;
  }
}

/** A refusal within an answer that says what became of several things. */
export function refused({ code, detail, status, request_id, field, retry_after_s }: Problem): WaybillError {
  return new WaybillError(code, detail, {
    status,
    requestId: request_id,
    field: field ?? null,
    retryAfterS: retry_after_s ?? null,
  });
}

/** The task came to an end without an output. `task` is its record at the end. */
export class TaskEnded extends WaybillError {
  override readonly name: string = "TaskEnded";
  readonly task: Task;

  constructor(code: WaybillErrorCode, message: string, task: Task) {
    super(code, message);
    this.task = task;
  }
}

export class TaskFailed extends TaskEnded {
  override readonly name = "TaskFailed";
  readonly failure: Failure;

  constructor(task: Task) {
    const failure = failureOf(task);
    super("task_failed", `Task ${task.id} failed: ${failure.message}`, task);
    this.failure = failure;
  }
}

export class TaskCancelled extends TaskEnded {
  override readonly name = "TaskCancelled";

  constructor(task: Task) {
    const { by = "", reason = "" } = task.cancelled ?? {};
    super("task_cancelled", `Task ${task.id} was cancelled${by && ` by ${by}`}${reason && `: ${reason}`}`, task);
  }
}

export class TaskTimedOut extends TaskEnded {
  override readonly name = "TaskTimedOut";
  readonly failure: Failure;

  constructor(task: Task) {
    const failure = failureOf(task);
    super("task_timed_out", `Task ${task.id} timed out: ${failure.message}`, task);
    this.failure = failure;
  }
}

export class TaskRejected extends TaskEnded {
  override readonly name = "TaskRejected";
  readonly failure: Failure;

  constructor(task: Task) {
    const failure = failureOf(task);
    super("task_rejected", `Task ${task.id} was rejected: ${failure.message}`, task);
    this.failure = failure;
  }
}

/** The task is not at its end: a person has to answer first. Only where the caller asked not to wait for that. */
export class TaskNeedsInput extends WaybillError {
  override readonly name = "TaskNeedsInput";
  readonly task: Task;

  constructor(task: Task) {
    const question = task.input_required?.text;
    super("task_needs_input", `Task ${task.id} needs input${question === undefined ? "." : `: ${question}`}`);
    this.task = task;
  }
}

function failureOf({ state, error }: Task): Failure {
  return error ?? { code: state, message: "no reason was given", step: null };
}
