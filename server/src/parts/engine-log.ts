/** Events of the engine as lines of the log: above all each task that did not end well, so that the operator finds it. */
import type { Change } from "../task/change.ts";
import type { LogLevel, LogLine } from "../task/text/log-line.ts";

type Facts = Record<string, unknown>;
type Log = Record<LogLevel, (facts: Facts, message: string) => void>;

export function engineLog(log: Log) {
  const warn = (message: string, facts: Facts) => log.warn(withError(facts), message);
  return {
    warn,
    report: warn,
    said: ({ level, message, facts, ...of }: LogLine & { task: string; kind: string }) =>
      log[level]({ ...of, facts }, message),
    taskChanged: ({ before, task }: Pick<Change, "before" | "task">) => {
      if (!("error" in task) || before?.state === task.state) return;
      const { id, kind, state, error, parent } = task;
      const { code, message, step } = error;
      warn("A task did not end well.", {
        ...{ task: id, kind, state, code, reason: message },
        ...(step && { step }),
        ...(parent && { parent }),
      });
    },
  };
}

/** Errors are logged by pino's own serializer, under the name that it knows. */
export function withError({ error, ...facts }: Facts): Facts {
  return error === undefined ? facts : { ...facts, err: error };
}
