import type { Command } from "commander";
import { storageOf } from "../../store/open.ts";
import { clauseOf } from "../../task/text/clause.ts";
import { addConnectionFlags, type ConnectionFlags } from "../connection.ts";
import { addDataFlag, type DataFlags, dataFolder, locked, requireData } from "../data-folder.ts";
import { Exit } from "../exit.ts";
import { lostSentence } from "../loss.ts";
import { openTerminal, type Style } from "../terminal/terminal.ts";
import { harmless } from "../terminal/text-width.ts";

type Flags = ConnectionFlags &
  DataFlags & {
    json?: boolean;
    setAside?: string;
    putBack?: string;
    compact?: boolean;
    mend?: boolean;
    config?: string;
  };

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
        .option("--json", "one finding as JSON a line")
        .option(
          "--config <FILE>",
          "run and check this configuration; one that lies here and is code is not run by itself",
        )
        .option("--set-aside <ID>", "put a task that cannot be read out of the way, unchanged; the server must not run")
        .option("--put-back <ID>", "put a task back that was set aside; the server must not run")
        .option("--mend", "rebuild the database from all rows that can be read; the server must not run")
        .option("--compact", "write the database anew, so that nothing removed is left in it; the server must not run"),
    ),
  )
    .addHelpText("after", "\nExits 1 when something is wrong. A server may go on running meanwhile.")
    .action(async (flags: Flags) => {
      if (flags.setAside !== undefined) return moveTask(dataFolder(flags), "setAside", flags.setAside);
      if (flags.putBack !== undefined) return moveTask(dataFolder(flags), "putBack", flags.putBack);
      if (flags.compact) return compact(dataFolder(flags));
      if (flags.mend) return mend(dataFolder(flags));
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

async function compact(folder: string): Promise<void> {
  await requireData(folder);
  const storage = storageOf({ data: folder });
  const unlock = await locked(storage);
  try {
    await storage.compact();
    openTerminal().talk.write("The database is written anew.\n");
  } finally {
    unlock();
  }
}

async function mend(folder: string): Promise<void> {
  await requireData(folder);
  const storage = storageOf({ data: folder });
  const unlock = await locked(storage);
  try {
    const { lost, aside } = await storage.mend().catch((error: unknown) => {
      throw new Exit(1, `The database was not rebuilt, and is as it was: ${clauseOf(error)}.`);
    });
    const { talk } = openTerminal();
    talk.write(`The database is rebuilt. The former one is in ${aside}\n`);
    for (const each of lost) talk.write(`${lostSentence(each)}\n`);
    talk.write("What is in it now: waybill doctor\n");
  } finally {
    unlock();
  }
}

const MOVED = {
  setAside: {
    done: "is set aside, with all that belongs to it. To put it back: waybill doctor --put-back",
    not: "is no task of this folder, or is set aside already",
  },
  putBack: { done: "is back. If it was open, it goes on at the next start.", not: "is not set aside" },
} as const;

async function moveTask(folder: string, way: keyof typeof MOVED, task: string): Promise<void> {
  await requireData(folder);
  const storage = storageOf({ data: folder });
  const unlock = await locked(storage);
  try {
    const { done, not } = MOVED[way];
    if (!(await storage[way](task))) throw new Exit(1, `${harmless(task)} ${not}.`);
    openTerminal().talk.write(`${task} ${done}\n`);
  } finally {
    unlock();
  }
}
