import { isTerminal, outputText, type Step, type Task, type Webhook, type Why } from "@waybill/sdk";
import { count, duration, money, webhookSummary } from "@waybill/sdk/display";
import type { Command } from "commander";
import { answerCommands } from "../answer.ts";
import { addConnectionFlags, type ConnectionFlags, talkTo } from "../connection.ts";
import { TASK_ID_HELP, taskIdOf } from "../task-id.ts";
import { moment } from "../terminal/moment.ts";
import { styledState } from "../terminal/state-style.ts";
import { table } from "../terminal/table.ts";
import { openTerminal, type Screen } from "../terminal/terminal.ts";
import { harmless, onOneLine } from "../terminal/text-width.ts";

type Flags = ConnectionFlags & { steps?: boolean; json?: boolean };

const STEP_MARKS: Readonly<Record<Step["state"], string>> = { done: "✓", failed: "✗", waiting: "◌", retrying: "↻" };

/** `waybill get`: one task as it is now, and why. */
export function addGet(program: Command): void {
  addConnectionFlags(
    program
      .command("get")
      .description("show a task as it is now: its state, why it waits, what it cost and what came of it")
      .argument("<id>", TASK_ID_HELP)
      .option("--steps", "also what its handler has done so far")
      .option("--json", "print its record as JSON; with --steps its steps, one a line"),
  ).action((text: string, flags: Flags) =>
    talkTo(flags, async (client) => {
      const { out } = openTerminal();
      const handle = client.task(await taskIdOf(client, text));
      if (flags.json && flags.steps) {
        for (const step of await handle.steps()) out.write(`${JSON.stringify(step)}\n`);
        return;
      }
      const task = await handle.get();
      if (flags.json) {
        out.write(`${JSON.stringify(task)}\n`);
        return;
      }
      const why = isTerminal(task.state) ? null : await handle.why();
      out.write(described(task, why, await handle.webhooks.list(), out));
      if (flags.steps) out.write(`\n${stepsTable(await handle.steps(), out)}`);
    }),
  );
}

function described(task: Task, why: Why | null, webhooks: readonly Webhook[], screen: Screen): string {
  const facts: [string, string | null][] = [
    ["Id", task.id],
    ["Kind", task.kind],
    ["User", `${task.user}, by ${task.lens}`],
    ["Conversation", conversationOf(task)],
    ["Retry of", task.retry_of],
    ["Parent", task.parent_id],
    ["Created", moment(task.created_at)],
    ["Started", task.started_at && `${moment(task.started_at)}${tried(task)}`],
    ["Ended", task.ended_at && `${moment(task.ended_at)}, ${lasted(task)} in all`],
    ["Deadline", isTerminal(task.state) ? null : task.deadline_at && moment(task.deadline_at)],
    ["Progress", `${Math.round(task.progress.fraction * 100)} % ${task.progress.message}`.trim()],
    ["Why", why?.summary ?? null],
    ["Reason", why && `${why.reason}, since ${moment(why.since)}`],
    ["Queue", why?.ahead === null || why === null ? null : `${why.ahead} before it`],
    [
      task.paused?.pausing ? "Pausing" : "Paused",
      task.paused && `by ${task.paused.by}${task.paused.reason && `: ${task.paused.reason}`}`,
    ],
    ["Cancelled", task.cancelled && `by ${task.cancelled.by}${task.cancelled.reason && `: ${task.cancelled.reason}`}`],
    ["Usage", spent(task.usage)],
    ["With children", task.children === 0 ? null : spent(task.tree_usage)],
    ["Budget", task.budget && usedOf(task.budget)],
    ["Error", task.error && `${task.error.message} (${task.error.code})`],
    ["Metadata", Object.keys(task.metadata).length === 0 ? null : JSON.stringify(task.metadata)],
    ...webhooks.map((each): [string, string] => ["Webhook", `${new URL(each.url).host} ${webhookSummary(each)}`]),
  ];
  const lines = facts.flatMap(([name, value]) =>
    value === null || value === "" ? [] : [`${screen.style("dim", name.padEnd(14))}${onOneLine(value)}\n`],
  );
  const question = task.input_required;
  return [
    `${styledState(task.state, screen)}  ${screen.style("bold", onOneLine(task.title))}\n`,
    ...lines,
    ...(question === null ? [] : [`\n${harmless(question.text)}\n${answerCommands(question.asks, task.id)}\n`]),
    ...(task.stack === null ? [] : [`\n${harmless(task.stack)}\n`]),
    ...(task.state === "completed" ? [`\n${harmless(outputText(task.output))}\n`] : []),
  ].join("");
}

function conversationOf({ conversation_id: id, multitask_strategy: strategy }: Task): string | null {
  return id === null || strategy === null || strategy === "concurrent" ? id : `${id} (${strategy})`;
}

/** Nothing tries what people do. */
function tried({ attempt, resumed }: Task): string {
  if (attempt === 0) return "";
  return `, attempt ${attempt}${resumed === 0 ? "" : `, resumed ${resumed === 1 ? "once" : `${resumed} times`}`}`;
}

function spent(usage: Task["usage"]): string | null {
  if (usage.calls === 0) return null;
  const also = [
    usage.unpriced_calls === 0 ? [] : `${calls(usage.unpriced_calls)} without a known price`,
    usage.estimated_calls === 0 ? [] : `${calls(usage.estimated_calls)} with estimated counts`,
  ].flat();
  return [
    `${calls(usage.calls)}, ${count(usage.input_tokens)} tokens in, ${count(usage.output_tokens)} out, ${money(usage.cost_usd)}`,
    ...also,
  ].join(", ");
}

/** How much of a budget is used. */
function usedOf({ tokens, cost_usd, spent }: NonNullable<Task["budget"]>): string {
  const amounts = [
    ...(tokens === null ? [] : [`${count(spent.tokens)} of ${count(tokens)} tokens`]),
    ...(cost_usd === null ? [] : [`${money(spent.cost_usd)} of ${money(cost_usd)}`]),
  ];
  return amounts.length === 0 ? "no bound" : `${amounts.join(", ")} used`;
}

function calls(number: number): string {
  return `${count(number)} ${number === 1 ? "call" : "calls"}`;
}

function stepsTable(steps: readonly Step[], screen: Screen): string {
  return table(
    [
      { title: "", cell: ({ state }: Step) => STEP_MARKS[state] },
      { title: "STEP", cell: ({ branch, name }) => (branch === "" ? name : `${branch}/${name}`) },
      { title: "KIND", cell: ({ kind }) => kind },
      { title: "TRIES", cell: ({ tries }) => String(tries), align: "right" },
      { title: "TOOK", cell: tookOf, align: "right" },
      ...(steps.some(({ child_id }) => child_id !== null)
        ? [{ title: "CHILD", cell: ({ child_id }: Step) => child_id ?? "" }]
        : []),
      { title: "ERROR", cell: errorsOf, shrinks: true },
    ],
    steps,
    screen,
  );
}

/** Of a child from its beginning to its end. */
function tookOf({ duration_ms: ms, started_at: from, ended_at: to }: Step): string {
  if (ms !== null) return duration(ms);
  return from === null || to === null ? "" : duration(Date.parse(to) - Date.parse(from));
}

/** Its error, and before it those of earlier tries that were others. */
function errorsOf({ error, attempts }: Step): string {
  const said = new Set(attempts.flatMap((each) => (each.error === null ? [] : [each.error.message])));
  if (error !== null) {
    said.delete(error.message);
    said.add(error.message);
  }
  return [...said].join("; then: ");
}

function lasted({ created_at, ended_at }: Task): string {
  return duration(Date.parse(ended_at ?? created_at) - Date.parse(created_at));
}
