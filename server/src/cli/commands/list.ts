import type { State, TaskSummary, Waybill } from "@waybill/sdk";
import { age, count, money } from "@waybill/sdk/display";
import type { Command } from "commander";
import { isUuid } from "../../task/id.ts";
import { atLeastOne, pair, states, words } from "../arguments.ts";
import { addConnectionFlags, type ConnectionFlags, talkTo } from "../connection.ts";
import { markedState, stateStyle } from "../terminal/state-style.ts";
import { type Column, table } from "../terminal/table.ts";
import { openTerminal, type Screen } from "../terminal/terminal.ts";

type Flags = ConnectionFlags & {
  state?: State[];
  kind?: string[];
  conversation?: string;
  text?: string;
  asks?: boolean;
  metadata?: Record<string, string>;
  limit: number;
  all?: boolean;
  json?: boolean;
};

const PAGE = 200;

/** `waybill list`: which tasks there are, newest first. */
export function addList(program: Command): void {
  addConnectionFlags(
    program
      .command("list")
      .description("list tasks, newest first")
      .option("-s, --state <STATE,…>", "only these states, such as running,input_required", states)
      .option("-k, --kind <KIND,…>", "only these kinds", words)
      .option("-c, --conversation <ID>", "only tasks of this conversation, by its id or its name")
      .option("-t, --text <WORDS>", "only tasks whose title or input holds all of these words")
      .option("--asks", "only tasks that ask a person, whatever else they do meanwhile")
      .option("--metadata <KEY=VALUE>", "only tasks with this label, repeatable", pair)
      .option("-n, --limit <N>", "at most so many", atLeastOne, 20)
      .option("--all", "every one")
      .option("--json", "one JSON object a line"),
  ).action((flags: Flags) =>
    talkTo(flags, async (client) => {
      const most = flags.all ? Number.POSITIVE_INFINITY : flags.limit;
      const { out, talk } = openTerminal();
      const tasks = client.tasks.list({
        limit: Math.min(PAGE, most),
        ...(flags.state && { state: flags.state }),
        ...(flags.kind && { kind: flags.kind }),
        ...(flags.conversation !== undefined && {
          conversation_id: await conversationId(client, flags.conversation),
        }),
        ...(flags.text !== undefined && { q: flags.text }),
        ...(flags.asks && { asks: "true" }),
        ...(flags.metadata && { metadata: flags.metadata }),
      });
      const rows: TaskSummary[] = [];
      let shown = 0;
      let total = 0;
      pages: for await (const page of tasks.pages()) {
        total = page.total;
        for (const task of page.items) {
          if (shown === most) break pages;
          shown += 1;
          if (flags.json) out.write(`${JSON.stringify(task)}\n`);
          else rows.push(task);
        }
        if (shown === most) break;
      }
      if (flags.json) return;
      if (rows.length === 0) {
        talk.write(total === 0 ? "No such tasks.\n" : "");
        return;
      }
      out.write(table(columnsFor(out, Date.now()), rows, out));
      if (total > shown) talk.write(talk.style("dim", `${count(shown)} of ${count(total)}. All of them: --all\n`));
    }),
  );
}

/** An id is taken as it is: the tasks of a conversation stay when it is deleted. */
async function conversationId(client: Waybill, named: string): Promise<string> {
  return isUuid(named) ? named : (await client.conversations.get(named)).id;
}

function columnsFor(screen: Screen, now: number): Column<TaskSummary>[] {
  return [
    { title: "ID", cell: ({ id }) => (screen.live ? `…${id.slice(-8)}` : id) },
    {
      title: "STATE",
      cell: ({ state, asks, progress }) =>
        `${markedState(state)}${asks !== null && state !== "input_required" ? ", asks" : ""}${state === "running" && progress.fraction > 0 ? ` ${Math.round(progress.fraction * 100)} %` : ""}`,
      style: ({ state }) => stateStyle(state),
    },
    { title: "KIND", cell: ({ kind }) => kind },
    { title: "AGE", cell: ({ created_at }) => age(now - Date.parse(created_at)), align: "right" },
    { title: "COST", cell: ({ usage }) => (usage.cost_usd === 0 ? "" : money(usage.cost_usd)), align: "right" },
    { title: "TITLE", cell: ({ title }) => title, shrinks: true },
  ];
}
