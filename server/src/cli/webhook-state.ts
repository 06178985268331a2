/** What a webhook does now, as a person reads it. */
import type { Webhook } from "@waybill/sdk";

/** Which delivery waits, and why; that nothing does. */
export function waitsFor(webhook: Webhook): string {
  const { state, reason, done, attempts, failures_in_a_row: failures, next_attempt_at: next, last_error } = webhook;
  const why = last_error === null ? "" : `: ${last_error}`;
  if (state === "disabled") return `stands still: ${reason ?? "it is disabled"}`;
  if (next !== null) return `tries again at ${moment(next)}, ${Math.max(attempts, failures)} failed${why}`;
  if (done) return webhook.given_up === null ? "has told everything" : `has given up event ${webhook.given_up}${why}`;
  return webhook.given_up === null ? "follows" : `follows, has given up event ${webhook.given_up}`;
}

/** Local time, to the second. */
export function moment(iso: string): string {
  return new Date(iso).toLocaleString("sv-SE");
}
