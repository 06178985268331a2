/** The engine of a server, with its log, metrics and traces. */
import type { Logger } from "pino";
import type { Config } from "../config.ts";
import { EmbeddedEngine, type EngineParts } from "../engine/embedded/embedded-engine.ts";
import { threadBusy } from "../engine/execution/text-pace.ts";
import { daysMoneyOf } from "../http/shares/share.ts";
import type { ServerMetrics } from "../metrics/server-metrics.ts";
import { Directory } from "../task/people/directory.ts";
import type { Tracing } from "../telemetry/tracing.ts";
import { earlierAnswer } from "../verbs/implementation/answer-check.ts";
import { engineLog } from "./engine-log.ts";

export function engineOver(
  parts: Pick<EngineParts, "store" | "handlers" | "ids" | "clock" | "random" | "record" | "launch">,
  { limits, retentionDays, auditDays, auditEntries, directory, shares }: Config,
  { log, metrics, tracing }: { log: Logger; metrics: ServerMetrics; tracing: Tracing | null },
): EmbeddedEngine {
  const people = new Directory(directory);
  const told = engineLog(log);
  return new EmbeddedEngine({
    ...parts,
    limits: {
      concurrency: limits.running,
      concurrencyOfTenant: limits.runningOfTenant,
      concurrencyReserve: limits.runningReserve,
      recentBytes: limits.recentBytes,
      depthMax: limits.depth,
      retentionDays,
      auditDays,
      auditEntries,
    },
    escalatesTo: (task) => people.escalationOf(task),
    daysMoney: daysMoneyOf(shares),
    answerTo: earlierAnswer,
    busy: threadBusy(),
    log: {
      ...told,
      taskChanged: (change) => {
        metrics.taskChanged(change);
        tracing?.taskChanged(change);
        told.taskChanged(change);
      },
      stepEnded: (task, step, ms, tried) => {
        metrics.stepEnded(task.kind, ms);
        tracing?.stepEnded(task, step, ms, tried);
      },
    },
  });
}
