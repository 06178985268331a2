/** What a step pays models beside the one that speaks: written down before a call, as far as it is known, and as it was after it. */
import { randomUUID } from "node:crypto";
import { countedOf, ESTIMATED } from "../../models/estimated-usage.ts";
import type { PaidCall } from "../../models/model.ts";
import type { StepContext } from "../../task/handler.ts";
import { isJson } from "../../task/json/json.ts";

/** Whom to tell what the call has come to. Every request is paid, so that no two share a key. */
export async function beginPaidCall(
  step: StepContext,
  agent: string,
  expected: PaidCall | null,
): Promise<(paid: PaidCall) => void> {
  const key = `${step.key}/${step.tries}/${randomUUID()}`;
  // What costs nothing has no bill that somebody else writes.
  if (expected !== null && expected.costUsd !== 0)
    await step.paying({ ...countedOf(expected, agent), key, raw: ESTIMATED }, 0, false);
  return (paid) => {
    const raw = isJson(paid.rawUsage) ? paid.rawUsage : null;
    step.usage({ ...countedOf(paid, agent), key, raw });
  };
}
