/**
 * `watch`, and `--watch` of other commands: following one task to its end in front of a person, a log or a program. The task
 * goes on whatever happens to the one who watches.
 */
import { isTerminal, outputText, type State, type Waybill } from "@waybill/sdk";
import { eventSummary } from "@waybill/sdk/display";
import { answerCommands } from "./answer.ts";
import { Exit } from "./exit.ts";
import { STATE_EXITS } from "./state-exit.ts";
import { dataUnfit } from "./terminal/filtered-data.ts";
import { LiveView } from "./terminal/live-view.ts";
import type { Terminal } from "./terminal/terminal.ts";
import { harmless } from "./terminal/text-width.ts";
import { summaryLine, watchLines } from "./terminal/watch-view.ts";
import { WatchedTask } from "./watched-task.ts";

export type WatchFlags = {
  /** Events as lines of JSON on stdout. */
  json?: boolean | undefined;
  /** The exit code tells how the task ended, and a question ends the watching. */
  exitStatus?: boolean | undefined;
};

const REDRAW_MS = 100;
const INTERRUPTED = 130;
/** Live text is for people; in a log it would be a line for every few words. */
const NOT_LOGGED: ReadonlySet<string> = new Set(["output.delta"]);
/** After these people may be asked for something. */
const MAY_ASK: ReadonlySet<string> = new Set(["task.input_required", "task.waiting"]);

/** Watches until the end and returns the exit code. Ctrl-C ends the watching alone. */
export async function watchTask(
  client: Waybill,
  id: string,
  flags: WatchFlags,
  { out, talk }: Terminal,
): Promise<number> {
  const handle = client.task(id);
  const task = new WatchedTask(await handle.get());
  const live = talk.live && !flags.json;
  const view = live ? new LiveView(talk) : null;
  const interrupt = new AbortController();
  const stop = (): void => interrupt.abort();
  process.once("SIGINT", stop);
  const unfit = dataUnfit();
  unfit?.addEventListener("abort", stop, { once: true });
  const redraw = (): void => view?.draw(watchLines(task, talk, Date.now()));
  const timer = setInterval(redraw, REDRAW_MS);
  let lost = false;
  let leftAt: State | null = null;
  try {
    redraw();
    const events = handle.stream({
      signal: interrupt.signal,
      onReconnect: () => {
        if (!lost && !live) talk.write("The connection is lost: trying again.\n");
        task.status = "connection lost, trying again";
        lost = true;
      },
    });
    for await (const event of events) {
      if (lost) task.status = "";
      lost = false;
      task.apply(event);
      if (flags.json) out.write(`${JSON.stringify(event)}\n`);
      else if (!live && !NOT_LOGGED.has(event.type)) {
        talk.write(`${event.type} ${harmless(eventSummary(event))}`.trimEnd().concat("\n"));
      }
      if (flags.exitStatus && MAY_ASK.has(event.type)) {
        // In a replay the question may be an old one, and a new one may be asked while other branches still work.
        const { state } = await handle.get({ signal: interrupt.signal });
        if (state === "input_required") leftAt = state;
      }
      if (leftAt !== null) break;
    }
  } catch (error) {
    unfit?.throwIfAborted();
    if (!interrupt.signal.aborted) throw error;
    view?.close();
    throw new Exit(
      INTERRUPTED,
      `Task ${id} goes on without you. Watch it again: waybill watch ${id}\nCancel it: waybill cancel ${id}`,
    );
  } finally {
    clearInterval(timer);
    process.removeListener("SIGINT", stop);
    view?.close();
  }
  if (!flags.json) writeEnd(task, { out, talk });
  const state = leftAt ?? task.state;
  return flags.exitStatus || !isTerminal(state) ? STATE_EXITS[state] : 0;
}

/** How the task was left: what it asks, why it failed, what came of it. */
function writeEnd(task: WatchedTask, { out, talk }: Terminal): void {
  talk.write(`${summaryLine(task, talk, Date.now())}\n`);
  const { question } = task;
  if (question !== null) talk.write(`${harmless(question.text)}\n${answerCommands(question.asks, task.id)}\n`);
  if (task.error !== "") talk.write(`${harmless(task.error)}\n`);
  if (task.state === "completed") writeOutput(task.output, out);
}

/** An output on stdout: whole into a pipe, harmless on a screen. */
export function writeOutput(output: WatchedTask["output"], out: Terminal["out"]): void {
  const text = outputText(output);
  out.write(`${out.live ? harmless(text) : text}\n`);
}
