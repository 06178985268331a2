/**
 * `--jq EXPRESSION`: what jq makes of the data of a command. Every command that has `--json` has it, since all of them write
 * one JSON value a line. jq itself, as WebAssembly, in a thread with bounds; it is loaded when it is asked for.
 *
 * Starting jq costs 1.4 ms, a line 0.03: so it is given many lines at once, and yet each is looked at by itself, and the
 * first that the expression does not fit ends the command.
 */
import { type Command, Option } from "commander";
import { z } from "zod";
import { BAD_USAGE, Exit } from "./exit.ts";
import { type Filter, filterData } from "./terminal/filtered-data.ts";

export function addJq(command: Command): void {
  for (const below of command.commands) addJq(below);
  if (!command.options.some(({ long }) => long === "--json")) return;
  const option = new Option("--jq <EXPRESSION>", "what jq makes of the JSON: a result a line, texts as they are");
  command.addOption(option.implies({ json: true }));
  command.hook("preAction", async () => {
    const { jq } = command.opts<{ jq?: string }>();
    if (jq !== undefined) filterData(await jqFilter(jq));
  });
}

/** What jq makes of a line: its results as texts, and behind them the error that ended it, if one did. */
const results = z.array(z.union([z.string(), z.strictObject({ error: z.json() })]));

/** Throws `Exit` for what is no expression; the filter does so for what the expression makes of its data. */
async function jqFilter(expression: string): Promise<Filter> {
  const { startJq } = await import("./jq-thread.ts");
  const run = startJq();
  const filter = `${ALONE}${collected(expression)}`;
  try {
    // Compiled, by itself and in its frame, and run on nothing.
    run("", expression);
    run("", filter);
  } catch (error) {
    throw new Exit(BAD_USAGE, `--jq cannot be ${JSON.stringify(expression)}: ${complaint(error)}.`);
  }
  const unfit = (why: string) => new Exit(1, `--jq ${JSON.stringify(expression)}: ${why}.`);
  return (lines) => {
    let made = "";
    try {
      for (const line of run(lines, filter).split("\n").filter(Boolean)) {
        for (const result of results.parse(JSON.parse(line))) {
          if (typeof result !== "string") return { made, failure: unfit(errorText(result.error)) };
          made += `${result}\n`;
        }
      }
      return { made, failure: null };
    } catch (error) {
      return { made, failure: unfit(complaint(error)) };
    }
  };
}

/** Lines come in groups by chance: an expression that takes the next one, or ends jq, would be told of that. */
const ALONE = `${["input", "halt", "halt_error"].map((name) => `def ${name}: error("${name} is not for --jq"); `).join("")}def inputs: empty; `;

/** All results of a line in one array, as texts, since JavaScript has no number for each of jq's. */
function collected(expression: string): string {
  return `[try ((${expression}\n) | if type == "string" then . else tojson end) catch {error: .}]`;
}

function errorText(error: unknown): string {
  return (typeof error === "string" ? error : JSON.stringify(error)).replace(/\.$/, "");
}

/** The first line of what jq says, without its name and the place in a program of one line. */
function complaint(error: unknown): string {
  const said = error instanceof Error ? error.message : String(error);
  const line = said.split("\n").find((each) => each.startsWith("jq: error")) ?? said;
  return line
    .replace(/^jq: error(: | )/, "")
    .replace(/ at <top-level>, line 1:?$/, "")
    .replace(/ \(Unix shell quoting issues\?\)/, "");
}
