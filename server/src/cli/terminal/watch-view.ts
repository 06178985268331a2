/** A watched task as lines for a screen: no more than fit, none wider than it. */
import { count, duration, money, STATE_DISPLAY } from "@waybill/sdk/display";
import { answerCommands } from "../answer.ts";
import type { ToolCall, WatchedTask } from "../watched-task.ts";
import { stateStyle, styledState } from "./state-style.ts";
import type { Screen } from "./terminal.ts";
import { cutToWidth, harmless, lastLines, onOneLine, textWidth } from "./text-width.ts";

const BAR_CELLS_MAX = 30;
const TOOLS_SHOWN = 5;
const TEXT_ROWS = 8;
const TOOL_MARKS: Readonly<Record<ToolCall["state"], string>> = { running: "…", done: "✓", failed: "✗" };

/** `now` moves the clock; everything else is the task's. */
export function watchLines(task: WatchedTask, screen: Screen, now: number): string[] {
  const columns = Math.max(20, screen.columns());
  return [
    headLine(task, screen, columns, now),
    barLine(task, screen, columns),
    ...task.tools.slice(-TOOLS_SHOWN).map((tool) => toolLine(tool, screen, columns)),
    ...lastLines(onScreen(task.text), columns - 2, TEXT_ROWS).map((line) => `  ${line}`),
    ...questionLines(task, screen, columns),
  ];
}

/** What stays on the screen when the watching is over. */
export function summaryLine(task: WatchedTask, screen: Screen, now: number): string {
  const took = duration((task.endedAt ?? now) - task.createdAt);
  const tools = task.tools.length === 0 ? "" : ` · ${task.tools.length} tool call${task.tools.length === 1 ? "" : "s"}`;
  return styledState(task.state, screen) + screen.style("dim", ` in ${took}${tools}${bill(task)}`);
}

function headLine(task: WatchedTask, screen: Screen, columns: number, now: number): string {
  const { mark, label } = STATE_DISPLAY[task.state];
  const right = `${task.kind} · ${duration((task.endedAt ?? now) - task.createdAt)}`;
  const left = `${mark} ${label}`;
  const room = columns - textWidth(left) - textWidth(right) - 4;
  const title = room < 8 ? "" : cutToWidth(onOneLine(task.title), room);
  const gap = " ".repeat(Math.max(1, room - textWidth(title) + 2));
  return cutToWidth(left, columns) === left && room >= 0
    ? `${screen.style(stateStyle(task.state), left)}  ${screen.style("bold", title)}${gap}${screen.style("dim", right)}`
    : cutToWidth(left, columns);
}

function barLine(task: WatchedTask, screen: Screen, columns: number): string {
  const cells = Math.min(BAR_CELLS_MAX, columns - 10);
  const filled = Math.round(task.progress * cells);
  const bar = screen.style("cyan", "█".repeat(filled)) + screen.style("dim", "░".repeat(cells - filled));
  const percent = `${Math.round(task.progress * 100)} %`.padStart(6);
  const said = [onOneLine(task.status), bill(task).slice(3)].filter((text) => text !== "").join(" · ");
  const rest = columns - cells - percent.length - 2;
  return `${bar}${percent}  ${screen.style("dim", cutToWidth(said, Math.max(0, rest)))}`;
}

function toolLine({ name, params, state, ms }: ToolCall, screen: Screen, columns: number): string {
  const took = ms === null ? "" : ` ${duration(ms)}`;
  const text = cutToWidth(onOneLine(`${name} ${params}`), Math.max(0, columns - 4 - took.length));
  const style = state === "failed" ? "red" : state === "done" ? "green" : "cyan";
  return `  ${screen.style(style, TOOL_MARKS[state])} ${text}${screen.style("dim", took)}`;
}

function questionLines({ question, id }: WatchedTask, screen: Screen, columns: number): string[] {
  if (question === null) return [];
  const text = lastLines(onScreen(question.text), columns - 2, TEXT_ROWS);
  return [
    ...text.map((line, at) => screen.style("yellow", `${at === 0 ? "? " : "  "}${line}`)),
    screen.style("dim", cutToWidth(`  ${answerCommands(question.asks, id.slice(-8))}`, columns)),
  ];
}

function bill({ inputTokens, outputTokens, costUsd, isEstimated }: WatchedTask): string {
  if (inputTokens + outputTokens === 0) return "";
  return ` · ${isEstimated ? "about " : ""}${count(inputTokens)} tokens in, ${count(outputTokens)} out${costUsd === 0 ? "" : ` · ${money(costUsd)}`}`;
}

/** Tabs have no width of their own. */
function onScreen(text: string): string {
  return harmless(text.replaceAll("\t", "  "));
}
