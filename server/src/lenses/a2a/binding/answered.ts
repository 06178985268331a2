import type { ErrorAnswer } from "../../error-answer.ts";
import type { Answer } from "../../route.ts";

/** A refusal as the answer of a route that has begun. */
export function answered({ status, headers, body }: ErrorAnswer): Answer {
  return { status, bytes: body, headers };
}
