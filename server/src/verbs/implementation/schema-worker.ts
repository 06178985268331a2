/** The thread in which values are judged by schemas of callers: it may be stopped in the middle of one. */
import { parentPort } from "node:worker_threads";
import { faultOf, misfitOf } from "./json-schema.ts";
import type { Judged, ToJudge } from "./schema-thread.ts";

parentPort?.on("message", ({ schema, ...asked }: ToJudge) => {
  const judged: Judged = "value" in asked ? { misfit: misfitOf(schema, asked.value) } : { fault: faultOf(schema) };
  parentPort?.postMessage(judged);
});
