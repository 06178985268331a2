import type { Event } from "@waybill/sdk";
import { eventSummary } from "@waybill/sdk/display";
import type { Command } from "commander";
import { wholeNumber, words } from "../arguments.ts";
import { addConnectionFlags, type ConnectionFlags, talkTo } from "../connection.ts";
import { TASK_ID_HELP, taskIdOf } from "../task-id.ts";
import { dataUnfit } from "../terminal/filtered-data.ts";
import { openTerminal, type Screen } from "../terminal/terminal.ts";
import { cutToWidth, harmless } from "../terminal/text-width.ts";

type Flags = ConnectionFlags & { follow?: boolean; after: number; type?: string[]; json?: boolean };

const PAGE = 1_000;

/** `waybill logs`: a task's events, one a line. */
export function addLogs(program: Command): void {
  addConnectionFlags(
    program
      .command("logs")
      .description("print a task's events, oldest first")
      .argument("<id>", TASK_ID_HELP)
      .option("-f, --follow", "go on with what comes until the task ends")
      .option("--after <N>", "only events after number N", wholeNumber, 0)
      .option("--type <TYPE,…>", "only these types, or their first word: task, step, tool, …", words)
      .option("--json", "one JSON object a line"),
  ).action((text: string, flags: Flags) =>
    talkTo(flags, async (client) => {
      const { out } = openTerminal();
      const handle = client.task(await taskIdOf(client, text));
      const wanted = ({ type }: Event): boolean =>
        flags.type === undefined || flags.type.some((word) => type === word || type.startsWith(`${word}.`));
      const show = (event: Event): void => {
        if (wanted(event)) out.write(flags.json ? `${JSON.stringify(event)}\n` : line(event, out));
      };
      if (flags.follow) {
        const signal = dataUnfit();
        for await (const event of handle.stream({ after: flags.after, ...(signal && { signal }) })) show(event);
        return;
      }
      for (let after = flags.after; ; ) {
        const events = await handle.events({ after, limit: PAGE });
        for (const event of events) show(event);
        const last = events.at(-1);
        if (last === undefined || events.length < PAGE) return;
        after = last.seq;
      }
    }),
  );
}

function line(event: Event, screen: Screen): string {
  const time = new Date(event.at).toLocaleTimeString("sv-SE");
  const head = `${String(event.seq).padStart(4)}  ${time}  ${event.type.padEnd(20)}`;
  const summary = harmless(eventSummary(event));
  const shown = screen.live ? cutToWidth(summary, Math.max(20, screen.columns() - head.length - 1)) : summary;
  return `${`${screen.style("dim", head.slice(0, 16))}${head.slice(16)} ${shown}`.trimEnd()}\n`;
}
