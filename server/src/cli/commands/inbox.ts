import type { WorkItem } from "@waybill/sdk";
import { age, count } from "@waybill/sdk/display";
import { type Command, InvalidArgumentError } from "commander";
import { wholeNumber } from "../arguments.ts";
import { addConnectionFlags, type ConnectionFlags, talkTo } from "../connection.ts";
import { type Column, table } from "../terminal/table.ts";
import { openTerminal, type Screen } from "../terminal/terminal.ts";

const WHOSE = [
  "mine",
  "groups",
  "claimable",
  "mine_and_groups",
  "mine_and_groups_all",
  "reports",
  "owned",
  "reviewed",
  "previous",
  "created",
  "all",
] as const;
type Whose = (typeof WHOSE)[number];
type Flags = ConnectionFlags & { of: Whose; all?: boolean; limit: number; json?: boolean };

const OPEN: WorkItem["assignment"]["state"][] = ["assigned", "voting", "information", "alerted", "suspended"];

/** `waybill inbox`: what waits for me. */
export function addInbox(program: Command): void {
  addConnectionFlags(
    program
      .command("inbox")
      .description("list what waits for you, your groups and your roles")
      .option("--of <WHOSE>", `whose work: ${WHOSE.join(", ")}`, whose, "mine_and_groups")
      .option("--all", "also what is done")
      .option("-n, --limit <N>", "at most so many", wholeNumber, 20)
      .option("--json", "one JSON object a line"),
  )
    .addHelpText("after", "\nThen claim, approve, reject or answer it, by its id.")
    .action((flags: Flags) =>
      talkTo(flags, async (client) => {
        const { out, talk } = openTerminal();
        const limit = Math.min(flags.limit, 200);
        const { items, total } = await client.human.worklist({
          of: flags.of,
          limit,
          ...(!flags.all && { state: OPEN }),
        });
        if (flags.json) for (const item of items) out.write(`${JSON.stringify(item)}\n`);
        else if (items.length === 0) talk.write("Nothing waits for you.\n");
        else {
          out.write(table(columnsFor(out, Date.now()), items, out));
          if (total > items.length) talk.write(talk.style("dim", `${count(items.length)} of ${count(total)}.\n`));
        }
      }),
    );
}

function whose(text: string): Whose {
  const known = WHOSE.find((each) => each === text);
  if (known === undefined) throw new InvalidArgumentError(`There are: ${WHOSE.join(", ")}.`);
  return known;
}

function columnsFor(screen: Screen, now: number): Column<WorkItem>[] {
  return [
    { title: "ID", cell: ({ id }) => (screen.live ? `…${id.slice(-8)}` : id) },
    {
      title: "STATE",
      cell: ({ assignment }) => `${assignment.state}${assignment.overdue ? ", overdue" : ""}`,
      style: ({ assignment }) => (assignment.overdue ? "red" : "yellow"),
    },
    { title: "PRIORITY", cell: ({ assignment }) => String(assignment.priority), align: "right" },
    {
      title: "FOR",
      cell: ({ assignment }) => assignment.claimed_by ?? assignment.assignees.map(({ id }) => id).join(" "),
    },
    { title: "AGE", cell: ({ assignment }) => age(now - Date.parse(assignment.assigned_at)), align: "right" },
    { title: "CHOOSE", cell: ({ assignment }) => assignment.outcomes.map(({ id }) => id).join(" ") },
    { title: "TITLE", cell: ({ title }) => title, shrinks: true },
  ];
}
