import type { Webhook } from "./generated/api.ts";

/** What a webhook does now: which delivery waits and why, or that nothing does. Times are local, to the second. */
export function webhookSummary(webhook: Webhook): string {
  const { state, reason, done, attempts, failures_in_a_row: failures, given_up, last_error } = webhook;
  const next = webhook.next_attempt_at;
  const why = last_error === null ? "" : `: ${last_error}`;
  if (state === "disabled") return `stands still: ${reason ?? "it is disabled"}`;
  if (next !== null) return `tries again at ${localTime(next)}, ${Math.max(attempts, failures)} failed${why}`;
  if (done) return given_up === null ? "has told everything" : `has given up event ${given_up}${why}`;
  return given_up === null ? "follows" : `follows, has given up event ${given_up}`;
}

function localTime(iso: string): string {
  return new Date(iso).toLocaleString("sv-SE");
}
