/** An event as one line of text for people: what matters most of its data. */
import { type EventReader, isKnownEvent, readEvent } from "./event.ts";
import type { Event, Failure, Json } from "./generated/api.ts";
import { count, duration, money } from "./number-format.ts";

const SUMMARY_CHARS_MAX = 500;

/** What an event says beside its type; "" when that says it all. */
export function eventSummary(event: Event): string {
  const summary = isKnownEvent(event) ? readEvent(SUMMARIES, event) : values(event.data);
  return summary.slice(0, SUMMARY_CHARS_MAX).replaceAll(/\s+/g, " ").trim();
}

const SUMMARIES: EventReader<string> = {
  "task.submitted": ({ kind, title }) => `${kind}: ${title}`,
  "task.started": ({ attempt, cause }) => `attempt ${attempt}, ${cause}`,
  "task.waiting": ({ waits }) => `on ${waits.map(({ on }) => on).join(", ")}`,
  "task.input_required": ({ prompt }) => prompt.text,
  "task.input_received": values,
  "task.pausing": ({ running = [], ...by }) =>
    steered(by) + (running.length === 0 ? "" : `; still running: ${running.join(", ")}`),
  "task.paused": values,
  "task.resumed": values,
  "task.logged": ({ level, message, facts }) =>
    `${level}: ${message}${Object.keys(facts).length === 0 ? "" : ` ${plain(facts)}`}`,
  "task.retrying": failed,
  "task.progress": ({ fraction, message }) => `${Math.round(fraction * 100)} % ${message}`,
  "task.details": values,
  "task.completed": ({ output }) => plain(textOf(output) ?? output),
  "task.failed": failed,
  "task.cancelled": steered,
  "task.timed_out": failed,
  "task.rejected": failed,
  "step.completed": ({ name, duration_ms }) => `${name} ${duration(duration_ms)}`,
  "step.retrying": failed,
  "step.failed": failed,
  "output.delta": ({ text }) => text,
  "output.restarted": values,
  "artifact.updated": ({ artifact }) => artifact.name ?? artifact.id,
  "usage.recorded": ({ call }) =>
    `${call.model}: ${call.input_tokens} in, ${call.output_tokens} out` +
    (call.cost_usd === null ? "" : `, ${money(call.cost_usd)}`),
  "agent.started": ({ mode, model }) => `${mode}, ${model}`,
  "agent.mode_changed": values,
  "agent.thinking": ({ text }) => text,
  "agent.answered": ({ text }) => text,
  "agent.guarded": ({ findings }) =>
    [...new Set(findings.map(({ entity, action, in: side }) => `${entity} in the ${side}: ${action}`))].join(", "),
  "agent.completed": values,
  "tool.invoked": ({ tool, params }) => `${tool} ${plain(params)}`,
  "tool.observed": ({ tool, success, output }) => `${tool} ${success ? "→ " : "failed: "}${plain(output)}`,
  "budget.threshold": ({ budget_type: type, level, ...of }) => {
    const [used, most] =
      type === "tokens"
        ? [`${count(of.tokens_used)} tokens`, of.tokens_budget === null ? "" : count(of.tokens_budget)]
        : [money(of.cost_usd), of.cost_budget_usd === null ? "" : money(of.cost_budget_usd)];
    return `${level === "exhausted" ? "spent" : "runs low"}: ${used}${most === "" ? "" : ` of ${most}`}`;
  },
  "human.acted": ({ act, by, outcome, comment }) =>
    `${by}: ${outcome ?? act.replaceAll("_", " ")}${comment === null ? "" : `: ${comment}`}`,
  "human.overdue": ({ to }) => `escalated to ${to.map(({ id }) => id).join(", ") || "nobody"}`,
  "human.commented": ({ by, text }) => `${by}: ${text}`,
  "human.attached": ({ by, name }) => `${by}: ${name}`,
  "human.detached": ({ by, name }) => `${by}: ${name}`,
};

function failed({ name = "", error }: { name?: string; error: Failure }): string {
  return `${name} ${error.message}`;
}

function steered({ by, reason }: { by: string; reason: string }): string {
  return `by ${by}${reason === "" ? "" : `: ${reason}`}`;
}

/** All that it says, where nothing is known to matter most. */
function values(data: Readonly<Record<string, Json | undefined>>): string {
  return Object.values(data)
    .map(plain)
    .filter((value) => value !== "")
    .join(" ");
}

function textOf(output: Json): Json | undefined {
  return typeof output === "object" && output !== null && !Array.isArray(output) ? output["text"] : undefined;
}

function plain(value: Json | undefined): string {
  if (value === undefined || value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
