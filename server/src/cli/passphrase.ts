/**
 * The passphrase of a backup: out of a file, the environment, or typed where nobody sees it. Never out of the command line,
 * which every user of the machine can read and shells remember.
 */
import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { BAD_USAGE, Exit } from "./exit.ts";
import { openTerminal } from "./terminal/terminal.ts";

export type PassphraseFlags = { passphraseFile?: string };

const VARIABLE = "WAYBILL_BACKUP_PASSPHRASE";
/** More is no passphrase but some other file. */
const CHARACTERS_MAX = 1_000;
const INTERRUPTED = 130;

export function addPassphraseFlag(command: Command): Command {
  return command.option(
    "--passphrase-file <FILE>",
    `the passphrase is the first line of this file (else $${VARIABLE})`,
  );
}

/** Null when none is given. Ends the command when what is given cannot be one. */
export async function givenPassphrase({ passphraseFile }: PassphraseFlags): Promise<string | null> {
  const given = passphraseFile === undefined ? process.env[VARIABLE] : await firstLine(passphraseFile);
  if (given === undefined || (given === "" && passphraseFile === undefined)) return null;
  if (given === "" || given.length > CHARACTERS_MAX)
    throw new Exit(
      BAD_USAGE,
      `${passphraseFile ?? `$${VARIABLE}`} holds no passphrase of 1 to ${CHARACTERS_MAX} characters.`,
    );
  return given;
}

/** Asks on the terminal; `twice` where a slip would lose everything. Ends the command where there is nobody to ask. */
export async function typedPassphrase(question: string, twice: boolean): Promise<string> {
  if (!process.stdin.isTTY)
    throw new Exit(BAD_USAGE, `A passphrase is wanted: name a file of it with --passphrase-file, or set ${VARIABLE}.`);
  const typed = await typedLine(`${question}: `);
  if (typed === "") throw new Exit(BAD_USAGE, "An empty passphrase is none.");
  if (twice && (await typedLine("Once more: ")) !== typed)
    throw new Exit(BAD_USAGE, "These are not the same. Nothing was done.");
  return typed;
}

async function firstLine(path: string): Promise<string> {
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new Exit(1, `${path} cannot be read: ${error.code ?? error.message}.`);
  });
  return text.split(/\r?\n/, 1)[0] ?? "";
}

/** What is typed up to Return, which the terminal does not show. */
function typedLine(question: string): Promise<string> {
  const { talk } = openTerminal();
  const { stdin } = process;
  talk.write(question);
  stdin.setRawMode(true).resume().setEncoding("utf8");
  return new Promise((resolve, reject) => {
    let line = "";
    const hear = (typed: string) => {
      for (const character of typed) {
        if (character === "\u0003") return done(() => reject(new Exit(INTERRUPTED, "")));
        if (character === "\r" || character === "\n" || character === "\u0004") return done(() => resolve(line));
        if (character === "\u007f" || character === "\b") line = line.slice(0, -1);
        else if (character >= " ") line += character;
      }
    };
    const done = (settle: () => void) => {
      stdin.off("data", hear).setRawMode(false).pause();
      talk.write("\n");
      settle();
    };
    stdin.on("data", hear);
  });
}
