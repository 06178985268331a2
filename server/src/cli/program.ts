/**
 * The `waybill` command line. Each command is a file that adds itself to the program, and loads what is heavy only in
 * its action. stdout is data, stderr is talk.
 */

import { Command, CommanderError } from "commander";
import { ConfigError } from "../config-error.ts";
import { Refusal } from "../task/errors.ts";
import { clauseOf } from "../task/text/clause.ts";
import { secretsOf, withoutSecrets } from "../task/text/redaction.ts";
import { VERSION } from "../version.ts";
import { addDev } from "./commands/dev.ts";
import { addServe } from "./commands/serve.ts";
import { BAD_USAGE, Exit } from "./exit.ts";
import { dataOut } from "./terminal/filtered-data.ts";
import { openTerminal } from "./terminal/terminal.ts";

/** Commands that are a server. They speak to none, and do not load what the others speak with. */
const SERVERS: readonly string[] = ["dev", "serve"];

/** All commands, or no more than a server needs when the first word is one of its own. */
export async function createProgram([command = ""]: readonly string[]): Promise<Command> {
  const program = new Command("waybill")
    .description("A durable task server for AI agents")
    .version(VERSION)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => openTerminal().out.write(text),
      writeErr: (text) => openTerminal().talk.write(text),
    })
    .showHelpAfterError("(waybill --help lists the commands and their flags)");
  addDev(program);
  addServe(program);
  if (!SERVERS.includes(command)) {
    const { addCommands } = await import("./commands.ts");
    addCommands(program);
  }
  return program;
}

/** Runs one command line and returns its exit code. Throws what nobody has foreseen. */
export async function run(args: readonly string[]): Promise<number> {
  try {
    const program = await createProgram(args);
    try {
      await program.parseAsync(args, { from: "user" });
    } finally {
      dataOut();
    }
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : BAD_USAGE;
    if (error instanceof ConfigError) return say(error.message, BAD_USAGE);
    if (error instanceof Exit) return say(error.message, error.code);
    if (error instanceof Refusal) return say(error.message, 1);
    // What the machine refuses, such as a file that is there already, is no fault of the program.
    if (error instanceof Error && "syscall" in error) return say(`Cannot do that here: ${clauseOf(error)}.`, 1);
    throw error;
  }
}

function say(message: string, code: number): number {
  if (message !== "") openTerminal().talk.write(`${withoutSecrets(message, secretsOf(process.env))}\n`);
  return code;
}
