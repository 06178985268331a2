/** Why a request to another server failed, and whether to ask again may help. */
import { A2AError } from "@a2a-js/sdk/errors";
import { z } from "zod";
import { CallError } from "../call-error.ts";

const CAUSES_MAX = 5;
const UNFIT_CHARACTERS_MAX = 1_000;
/** Errors of our own client that are final. */
const FINAL: Readonly<Record<string, string>> = { NotReached: "remote_not_reached", AnswerTooLarge: "too_large" };
/** Errors of the protocol that say nothing about the request: one without a class of its own is the other side's internal error. */
const MAY_PASS: ReadonlySet<string> = new Set(["A2AError", "InvalidAgentResponseError"]);

export class RemoteError extends CallError {
  override readonly name = "RemoteError";
}

/**
 * The protocol's own errors are final, and so is an answer that is too large or has another shape; a network error, or an answer that
 * is no JSON, may pass. An error passed into the library may come back as the cause of its own.
 */
export function asRemoteError(error: unknown): RemoteError {
  for (let [cause, depth]: [unknown, number] = [error, 0]; cause instanceof Error && depth < CAUSES_MAX; depth++) {
    if (cause instanceof RemoteError) return cause;
    const final = FINAL[cause.name];
    if (final !== undefined) return new RemoteError(final, cause.message, false);
    if (cause instanceof z.ZodError)
      return new RemoteError(
        "remote_refused",
        `The other agent's answer does not fit: ${z.prettifyError(cause)}`.slice(0, UNFIT_CHARACTERS_MAX),
        false,
      );
    if (cause instanceof A2AError && !MAY_PASS.has(cause.name))
      return new RemoteError("remote_refused", `The other agent answered: ${cause.message}`, false);
    cause = cause.cause;
  }
  const said = error instanceof Error ? error.message || error.name : String(error);
  return new RemoteError("remote_unavailable", `The other agent could not be asked: ${said}`, true);
}

/** Statuses that say more than the protocol's errors do; null for all others. */
export function errorOfStatus(status: number, retryAfter: string | null, host: string): RemoteError | null {
  if (status === 401 || status === 403)
    return new RemoteError("remote_forbidden", `${host} answered ${status}: it wants other credentials.`, false);
  if (status >= 300 && status < 400)
    return new RemoteError("remote_refused", `${host} answered ${status}, and no redirect is followed.`, false);
  if (status !== 429 && status !== 502 && status !== 503 && status !== 504) return null;
  const seconds = Number(retryAfter ?? "");
  const afterMs = Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds, 3_600) * 1_000 : undefined;
  return new RemoteError("remote_unavailable", `${host} answered ${status}.`, true, afterMs);
}
