/**
 * `--jq EXPRESSION`: what jq makes of the data of a command. Every command that has `--json` has it, since all of them write
 * one JSON value a line. jq itself, as WebAssembly; it is loaded when it is asked for.
 */
import { type Command, Option } from "commander";
import { BAD_USAGE, Exit } from "./exit.ts";
import { filterData } from "./terminal/terminal.ts";

/** Texts as they are, and other values each on a line. */
const FLAGS = ["--raw-output", "--compact-output"];

export function addJq(command: Command): void {
  for (const below of command.commands) addJq(below);
  if (!command.options.some(({ long }) => long === "--json")) return;
  const option = new Option("--jq <expression>", "what jq makes of the JSON: a result a line, texts as they are");
  command.addOption(option.implies({ json: true }));
  command.hook("preAction", async () => {
    const { jq } = command.opts<{ jq?: string }>();
    if (jq !== undefined) filterData(await jqFilter(jq));
  });
}

/** Throws `Exit` for what is no expression; the filter does for what the expression makes of its data. */
async function jqFilter(expression: string): Promise<(json: string) => Promise<string>> {
  const { raw } = await import("jq-wasm");
  // Compiled and not run: what it says of null is nobody's question.
  await raw("null", `def asked: (\n${expression}\n); empty`).catch((error: unknown) => {
    throw new Exit(BAD_USAGE, `--jq cannot be ${JSON.stringify(expression)}: ${firstLine(error)}.`);
  });
  return async (json) => {
    try {
      const made = await raw(json, expression, FLAGS);
      return made === "" ? "" : `${made}\n`;
    } catch (error) {
      throw new Exit(1, `${firstLine(error)}.`);
    }
  };
}

function firstLine(error: unknown): string {
  const [line = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
  return line.replace(" at /dev/stdin:0", "").replace("(): ", "");
}
