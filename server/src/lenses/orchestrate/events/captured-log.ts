/** The log of a task as lines for people. */
import { type EventReader, readEvent } from "../../../task/events/event.ts";
import { pausingText } from "../../../task/pause.ts";
import type { Principal } from "../../../task/principal.ts";
import type { Task } from "../../../task/task.ts";
import type { Tasks } from "../../../verbs/tasks.ts";
import { wireTime } from "../wire-time.ts";
import { logSoFar } from "./log.ts";

/** Entries of one answer of a log. */
const LOG_ENTRIES_MAX = 1_000;

export type LogEntry = { timestamp: string; level: string; message: string };

/** What a run has done, as lines for people: the newest. */
export async function logOf(tasks: Pick<Tasks, "events">, principal: Principal, task: Task): Promise<LogEntry[]> {
  const entries: LogEntry[] = [];
  for await (const event of logSoFar(tasks, principal, task)) {
    const said = event.custom ? { level: "INFO", message: event.type } : readEvent(ENTRIES, event);
    if (said) entries.push({ timestamp: wireTime(event.at), ...said });
    if (entries.length > LOG_ENTRIES_MAX) entries.shift();
  }
  return entries;
}

type Said = { level: "INFO" | "WARNING" | "ERROR"; message: string } | null;
const info = (message: string): Said => ({ level: "INFO", message });
const warning = (message: string): Said => ({ level: "WARNING", message });
const error = (message: string): Said => ({ level: "ERROR", message });
const nothing = (): Said => null;

const ENTRIES: EventReader<[], Said> = {
  "task.submitted": ({ title }) => info(`Run accepted: ${title}`),
  "task.started": ({ attempt, cause }) =>
    info(cause === "first" ? `Attempt ${attempt} started` : `Attempt ${attempt} goes on (${cause})`),
  "task.waiting": ({ waits }) => info(`Waiting for ${[...new Set(waits.map(({ on }) => on))].join(", ")}`),
  "task.input_required": ({ prompt }) => info(`Asked: ${prompt.text}`),
  "task.input_received": () => info("Input received"),
  "task.pausing": ({ reason, running }) => info(`Pausing: ${pausingText(reason, running)}`),
  "task.paused": () => info("Paused"),
  "task.resumed": () => info("Resumed"),
  "task.logged": ({ level, message }) => {
    if (level === "error") return error(message);
    return level === "warn" ? warning(message) : info(message);
  },
  "task.retrying": ({ error }) => warning(`Trying again after: ${error.message}`),
  "task.progress": ({ fraction, message }) => info(`${Math.round(fraction * 100)} % ${message}`),
  "task.details": nothing,
  "task.completed": () => info("Completed"),
  "task.failed": ({ error: { message } }) => error(`Failed: ${message}`),
  "task.cancelled": ({ reason }) => warning(`Cancelled: ${reason}`),
  "task.timed_out": ({ error: { message } }) => error(`Timed out: ${message}`),
  "task.rejected": ({ error: { message } }) => error(`Rejected: ${message}`),
  "step.completed": ({ name, ms }) => info(`${name} done in ${Math.round(ms)} ms`),
  "step.retrying": ({ name, error }) => warning(`Trying ${name} again after: ${error.message}`),
  "step.failed": ({ name, error: { message } }) => error(`${name} failed: ${message}`),
  "output.delta": nothing,
  "output.restarted": ({ step }) => warning(`${step} begins its answer again`),
  "artifact.updated": ({ artifact }) => info(`Artifact ${artifact.name || artifact.id}`),
  "usage.recorded": ({ call }) =>
    info(
      `${call.model}: ${call.inputTokens} tokens in, ${call.outputTokens} out${call.estimated ? ", estimated" : ""}`,
    ),
  "agent.started": ({ mode, model }) => info(`Agent started with ${model} (${mode})`),
  "agent.mode_changed": ({ reason }) => info(reason),
  "agent.thinking": ({ text }) => info(text),
  "agent.answered": nothing,
  "agent.completed": nothing,
  "agent.guarded": ({ findings }) => warning(`Guardrails found ${findings.length}`),
  "tool.invoked": ({ tool, params }) => info(`Calling ${tool} with ${JSON.stringify(params)}`),
  "tool.observed": ({ tool, success, durationMs }) =>
    (success ? info : warning)(`${tool} ${success ? "answered" : "failed"} after ${Math.round(durationMs)} ms`),
  "budget.threshold": ({ usagePercent, budgetType }) =>
    warning(`${usagePercent} % of the ${budgetType} budget is used`),
  "human.acted": ({ act, by, outcome }) => info(`${by}: ${outcome ?? act.replaceAll("_", " ")}`),
  "human.overdue": () => warning("Overdue"),
  "human.commented": ({ by, text }) => info(`${by}: ${text}`),
  "human.attached": ({ by, name }) => info(`${by} attached ${name}`),
  "human.detached": ({ by, name }) => info(`${by} removed ${name}`),
};
