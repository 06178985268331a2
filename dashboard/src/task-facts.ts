/** The card of a task's plain facts: when, who, how much, and its input. */
import { isTerminal, type Task } from "@waybill/sdk";
import { count, money } from "@waybill/sdk/display";
import { card, element } from "./element.ts";

/** `inputShown`: whether the input under the facts is unfolded. */
export function factsCard(task: Task, artifacts: readonly string[], inputShown: boolean): HTMLElement {
  const facts = factsOf(task, artifacts).flatMap(([name, value]) =>
    value === null ? [] : [element("div", {}, element("dt", {}, name), element("dd", {}, value))],
  );
  return card(
    "Facts",
    "",
    element("dl", { class: "facts-grid" }, ...facts),
    element(
      "details",
      { open: inputShown },
      element("summary", {}, "Input"),
      element("pre", {}, JSON.stringify(task.input, null, 2)),
    ),
  );
}

function factsOf(task: Task, artifacts: readonly string[]): [name: string, value: string | null][] {
  const { usage } = task;
  return [
    ["Created", moment(task.created_at)],
    ["Started", task.started_at && `${moment(task.started_at)}, attempt ${task.attempt}${resumed(task)}`],
    ["Ended", task.ended_at && moment(task.ended_at)],
    ["Deadline", isTerminal(task.state) ? null : task.deadline_at && moment(task.deadline_at)],
    ["User", `${task.user}, by ${task.lens}`],
    ["Usage", spent(usage)],
    ["With children", task.children === 0 ? null : spent(task.tree_usage)],
    ["Conversation", conversationOf(task)],
    ["Retry of", task.retry_of],
    ["Parent", task.parent_id],
    [task.paused?.pausing ? "Pausing by" : "Paused by", task.paused && by(task.paused)],
    ["Still runs", task.paused?.running.length ? task.paused.running.join(", ") : null],
    ["Cancelled by", task.cancelled && by(task.cancelled)],
    ["Artifacts", artifacts.length === 0 ? null : artifacts.join(", ")],
    ["Metadata", Object.keys(task.metadata).length === 0 ? null : JSON.stringify(task.metadata)],
  ];
}

function conversationOf({ conversation_id: id, multitask_strategy: strategy }: Task): string | null {
  return id === null || strategy === null || strategy === "concurrent" ? id : `${id} (${strategy})`;
}

function resumed({ resumed }: Task): string {
  return resumed === 0 ? "" : `, resumed ${resumed === 1 ? "once" : `${resumed} times`}`;
}

/** Its calls, tokens and cost in a line. */
function spent(usage: Task["usage"]): string | null {
  if (usage.calls === 0) return null;
  const cost = `${money(usage.cost_usd)}${usage.unpriced_calls > 0 ? " and unpriced calls" : ""}`;
  const estimated = usage.estimated_calls > 0 ? `, ${count(usage.estimated_calls)} of them estimated` : "";
  return `${count(usage.calls)} ${usage.calls === 1 ? "call" : "calls"}${estimated}, ${count(usage.input_tokens)} tokens in, ${count(usage.output_tokens)} out, ${cost}`;
}

function by(steering: { by: string; reason: string }): string {
  return steering.reason === "" ? steering.by : `${steering.by}: ${steering.reason}`;
}

/** A time as this machine's clock shows it. */
export function moment(iso: string): string {
  return new Date(iso).toLocaleString("sv-SE");
}
