import type { Conversation, Message } from "@waybill/sdk";
import { age, money } from "@waybill/sdk/display";
import type { Command } from "commander";
import { atLeastOne } from "../arguments.ts";
import { addConnectionFlags, type ConnectionFlags, talkTo } from "../connection.ts";
import { type Column, table } from "../terminal/table.ts";
import { openTerminal } from "../terminal/terminal.ts";
import { harmless } from "../terminal/text-width.ts";

type Flags = ConnectionFlags & { json?: boolean };

const ID_HELP = "a conversation's id, or the name that a submit gave it";

/** `waybill conversations`: what belongs together, and what was said. */
export function addConversations(program: Command): void {
  const conversations = program
    .command("conversations")
    .description("list, show and delete conversations")
    .addHelpText("after", "\nAlone, it lists them. Their tasks: waybill list --conversation ID");
  withFlags(
    conversations
      .command("list", { isDefault: true })
      .description("list conversations, newest first")
      .option("-n, --limit <N>", "at most so many", atLeastOne, 20),
  ).action((flags: Flags & { limit: number }) => list(flags));
  withFlags(conversations.command("show").description("print what was said in it").argument("<id>", ID_HELP)).action(
    (id: string, flags: Flags) => show(id, flags),
  );
  addConnectionFlags(
    conversations
      .command("delete")
      .description("hide conversations for good; their tasks stay")
      .argument("<id...>", ID_HELP),
  ).action((ids: string[], flags: ConnectionFlags) =>
    talkTo(flags, async (client) => {
      for (const id of ids) {
        await client.conversations.delete((await client.conversations.get(id)).id);
        openTerminal().talk.write(`${id} is deleted.\n`);
      }
    }),
  );
}

function withFlags(command: Command): Command {
  return addConnectionFlags(command).option("--json", "print JSON, one object a line");
}

function list({ limit, json, ...flags }: Flags & { limit: number }): Promise<void> {
  return talkTo(flags, async (client) => {
    const { out, talk } = openTerminal();
    const rows: Conversation[] = [];
    for await (const conversation of client.conversations.list()) {
      if (rows.length === limit) break;
      rows.push(conversation);
      if (json) out.write(`${JSON.stringify(conversation)}\n`);
    }
    if (json) return;
    if (rows.length === 0) talk.write("There are no conversations yet: waybill submit … --conversation NAME\n");
    else out.write(table(columnsAt(Date.now()), rows, out));
  });
}

function columnsAt(now: number): Column<Conversation>[] {
  return [
    { title: "ID", cell: ({ id }) => id },
    { title: "NAME", cell: ({ alias }) => alias ?? "" },
    { title: "TASKS", cell: ({ tasks }) => String(tasks), align: "right" },
    { title: "COST", cell: ({ usage }) => (usage.cost_usd === 0 ? "" : money(usage.cost_usd)), align: "right" },
    { title: "LAST", cell: ({ last_activity_at }) => age(now - Date.parse(last_activity_at)), align: "right" },
    { title: "TITLE", cell: ({ title }) => title, shrinks: true },
  ];
}

function show(id: string, { json, ...flags }: Flags): Promise<void> {
  return talkTo(flags, async (client) => {
    const { out, talk } = openTerminal();
    let said = 0;
    for await (const message of client.conversations.messages((await client.conversations.get(id)).id)) {
      said += 1;
      out.write(json ? `${JSON.stringify(message)}\n` : `${out.style("bold", message.role)}  ${textOf(message)}\n`);
    }
    if (said === 0) talk.write("Nothing has been said in it yet.\n");
  });
}

function textOf({ parts }: Message): string {
  return harmless(
    parts
      .map((part) => ("text" in part ? part.text : "data" in part ? JSON.stringify(part.data) : "[file]"))
      .join("\n"),
  );
}
