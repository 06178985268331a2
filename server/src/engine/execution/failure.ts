/** What a thrown value says of a failure: its code and message, whether another try makes sense, and when. */
import { StepError } from "../../task/handler.ts";
import type { Failure } from "../../task/task.ts";

export function failureOf(error: unknown): Failure {
  if (error instanceof StepError) return error.failure;
  const code = property(error, "code");
  return {
    code: typeof code === "string" && code !== "" ? code : "handler_error",
    message: error instanceof Error ? error.message || error.name : String(error),
  };
}

export function isRetryable(error: unknown): boolean {
  return property(error, "retryable") !== false;
}

/** Milliseconds that the other side asked to be left alone; undefined when it did not. */
export function retryAfterOf(error: unknown): number | undefined {
  const ms = property(error, "retryAfterMs");
  return typeof ms === "number" && Number.isFinite(ms) && ms >= 0 ? ms : undefined;
}

function property(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
