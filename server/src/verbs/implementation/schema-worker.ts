/** The thread that checks values against callers' schemas: it may be stopped in the middle of one. */
import { parentPort } from "node:worker_threads";
import { faultOf, type Misfit, misfitOf } from "./json-schema.ts";
import type { Judged, ToJudge } from "./schema-thread.ts";

parentPort?.on("message", (asked: ToJudge) => {
  parentPort?.postMessage(judged(asked));
});

function judged(asked: ToJudge): Judged {
  if ("schema" in asked) return { fault: faultOf(asked.schema) };
  const misfits: Misfit[] = [];
  for (const { schema, value } of asked.readings) {
    const misfit = misfitOf(schema, value);
    if (misfit === null) break;
    misfits.push(misfit);
  }
  return { misfits };
}
