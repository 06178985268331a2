/** A step's payments for models other than the agent's: an estimate is written before a call, the actual cost after it. */
import { randomUUID } from "node:crypto";
import { countedOf, ESTIMATED } from "../../models/estimated-usage.ts";
import type { PaidCall } from "../../models/model.ts";
import type { StepContext } from "../../task/handler.ts";
import { isJson } from "../../task/json/json.ts";

/** Returns a function for the actual cost. Every request is paid, so no two share a key. */
export async function beginPaidCall(
  step: StepContext,
  agent: string,
  expected: PaidCall | null,
): Promise<(paid: PaidCall) => void> {
  const key = `${step.key}/${step.tries}/${randomUUID()}`;
  // A free call needs no entry for a process that dies.
  if (expected !== null && expected.costUsd !== 0)
    await step.paying({ ...countedOf(expected, agent), key, raw: ESTIMATED }, 0, false);
  return (paid) => {
    const raw = isJson(paid.rawUsage) ? paid.rawUsage : null;
    step.usage({ ...countedOf(paid, agent), key, raw });
  };
}
