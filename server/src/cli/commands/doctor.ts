import type { Command } from "commander";
import { addConnectionFlags, type ConnectionFlags } from "../connection.ts";
import { addDataFlag, type DataFlags, dataFolder } from "../data-folder.ts";
import { openTerminal, type Style } from "../terminal/terminal.ts";
import { harmless } from "../terminal/text-width.ts";

type Flags = ConnectionFlags & DataFlags & { json?: boolean };

const LOOKS: Readonly<Record<"good" | "note" | "bad", { mark: string; style: Style }>> = {
  good: { mark: "✓", style: "green" },
  note: { mark: "·", style: "yellow" },
  bad: { mark: "✗", style: "red" },
};

/** `waybill doctor`: what is wrong here, and what to do about it. */
export function addDoctor(program: Command): void {
  addConnectionFlags(
    addDataFlag(
      program
        .command("doctor")
        .description("check this machine, the configuration, the data folder and the server, and say what to do")
        .option("--json", "one finding as JSON a line"),
    ),
  )
    .addHelpText("after", "\nExits 1 when something is wrong. A server may go on running meanwhile.")
    .action(async (flags: Flags) => {
      const { diagnose } = await import("../diagnosis.ts");
      const { out } = openTerminal();
      for await (const finding of diagnose(dataFolder(flags), flags, process.env)) {
        const { mark, style } = LOOKS[finding.is];
        if (finding.is === "bad") process.exitCode = 1;
        if (flags.json) {
          out.write(`${JSON.stringify(finding)}\n`);
          continue;
        }
        out.write(
          `${out.style(style, mark)} ${out.style("bold", finding.what.padEnd(14))} ${harmless(finding.says)}\n`,
        );
        if (finding.todo !== "") out.write(`${" ".repeat(17)}${out.style("dim", harmless(finding.todo))}\n`);
      }
    });
}
