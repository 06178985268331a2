import type { CheckedText } from "@waybill/sdk";
import { type Command, Option } from "commander";
import { addConnectionFlags, type ConnectionFlags, talkTo } from "../connection.ts";
import { type Column, table } from "../terminal/table.ts";
import { openTerminal, type Screen } from "../terminal/terminal.ts";
import { harmless } from "../terminal/text-width.ts";

type Flags = ConnectionFlags & { in: "input" | "output"; json?: boolean };

/** `waybill guardrails`: what they find in a text, and what would be left of it. */
export function addGuardrails(program: Command): void {
  addConnectionFlags(
    program
      .command("guardrails")
      .description("try the server's guardrails on a text; all three where it has none")
      .argument("<text...>", "what is looked at")
      .addOption(
        new Option("--in <SIDE>", "as if it went into a model, or came out of one")
          .choices(["input", "output"])
          .default("output"),
      )
      .option("--json", "the answer as JSON"),
  ).action((text: string[], flags: Flags) =>
    talkTo(flags, async (client) => {
      const { out, talk } = openTerminal();
      const checked = await client.guardrails.check(text.join(" "), { in: flags.in });
      if (flags.json) return out.write(`${JSON.stringify(checked)}\n`);
      for (const { message } of checked.warnings) talk.write(`${harmless(message)}\n`);
      out.write(shown(checked, out));
      return undefined;
    }),
  );
}

type Finding = CheckedText["findings"][number];

const COLUMNS: readonly Column<Finding>[] = [
  { title: "KIND", cell: ({ kind }) => kind },
  { title: "ENTITY", cell: ({ entity }) => entity },
  { title: "SCORE", cell: ({ score }) => score.toFixed(2), align: "right" },
  { title: "PLACE", cell: ({ start, end }) => `${start}-${end}` },
  { title: "FOUND", cell: ({ word = "" }) => word, shrinks: true },
  { title: "DONE", cell: ({ action }) => action },
];

function shown({ text, findings }: CheckedText, screen: Screen): string {
  const found = findings.length === 0 ? "Nothing was found.\n" : table(COLUMNS, findings, screen);
  return `${found}\n${harmless(text)}\n`;
}
