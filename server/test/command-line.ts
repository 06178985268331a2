/** Command lines as people write them into help and documentation, and the parser that must take them. */
import type { Command } from "commander";
import { createProgram } from "../src/cli/program.ts";

/** The whole program, which does nothing with what it takes. */
export async function idleProgram(): Promise<Command> {
  const program = await createProgram([]);
  for (const command of everyCommand(program)) {
    command.configureOutput({ writeOut: () => {}, writeErr: () => {} });
    if (command.commands.length === 0) command.action(() => {});
  }
  return program;
}

export function everyCommand(command: Command): Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}

export function pathOf(command: Command): string[] {
  return command.parent === null ? [] : [...pathOf(command.parent), command.name()];
}

/** What the parser says of the words behind `waybill`; null when it takes them. */
export async function refusalOf(program: Command, words: readonly string[]): Promise<string | null> {
  // Values from files are read as they are parsed.
  const args = words.map((word) => (word.startsWith("@") ? "{}" : word));
  try {
    await program.parseAsync(args, { from: "user" });
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** The places of a text that call `waybill`, each as the words behind its name. A line that ends in `\\` goes on. */
export function callsIn(text: string): string[][] {
  const joined = text.replaceAll(/\\\n\s*/g, " ");
  return [...joined.matchAll(/(?:^|[ ("])waybill (?=[a-z])/gm)].map(({ index, 0: { length } }) =>
    shellWords(joined, index + length),
  );
}

/** Words up to the end of the line, a pipe, a redirection, a comment or the next command. */
function shellWords(text: string, from: number): string[] {
  const words: string[] = [];
  const word = /[ \t]*((?:'[^']*'|"(?:[^"\\]|\\.)*"|[^\s'"|<>;&#)])+)/gy;
  word.lastIndex = from;
  for (let found = word.exec(text); found?.[1] !== undefined; found = word.exec(text)) {
    words.push(found[1].replaceAll(/'([^']*)'|"((?:[^"\\]|\\.)*)"/g, (_, single, double) => single ?? double));
  }
  return words;
}
