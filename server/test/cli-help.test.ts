/** Every help page beside the parser: what one names, the other takes, in a terminal of 80 columns. */
import type { Command, Option } from "commander";
import { beforeAll, describe, expect, it } from "vitest";
import { textWidth } from "../src/cli/terminal/text-width.ts";
import { runWaybill } from "./command.ts";
import { callsIn, everyCommand, idleProgram, pathOf, refusalOf } from "./command-line.ts";

/** Something that each value's name stands for. A new name wants one. */
const SAMPLES: Readonly<Record<string, string>> = {
  "JSON|@FILE": "{}",
  JSON: "{}",
  N: "1",
  TIME: "1h",
  "KEY=VALUE": "a=b",
  "STATE,…": "running,failed",
  "SCOPE,…": "tasks",
  "GROUP,…": "day",
  "WHAT,…": "summary",
  WHOSE: "mine",
  SEQ: "3",
  VERSION: "2",
  DAY: "2026-11-01",
  AMOUNT: "2.50",
  EXPRESSION: ".id",
};
const PLAIN =
  /^(?:ACT|ADDRESS|AGENT(?:,…)?|COLLABORATOR|DIR|FILE|FOLDER|GROUP|H|HOST(?:,…)?(?:\|none)?|ID|KEY|KIND(?:,…)?|LENS=N,…\|none|LEVEL|MODE|MODEL|NAME(?:,…)?|NAME\|ID|PROVIDER:MODEL|SECRET|SLUG|STORE(?:,…)?|TENANT|TEXT|TOOL(?:,…)?|TYPE(?:,…)?|URL|USER|WORDS)$/;

function sampleOf({ flags, argChoices }: Option): string {
  const [, name = ""] = /<(.+)>/.exec(flags) ?? [];
  const sample = argChoices?.[0] ?? SAMPLES[name] ?? (PLAIN.test(name) ? "x" : undefined);
  if (sample === undefined) throw new Error(`What a ${name} may be is not known here.`);
  return sample;
}

function argumentsOf(command: Command): string[] {
  return command.registeredArguments.flatMap(({ required, argChoices }) => (required ? (argChoices?.[0] ?? "x") : []));
}

let program: Command;
let pages: { command: Command; path: string[]; help: string }[];

beforeAll(async () => {
  program = await idleProgram();
  pages = [];
  for (const command of everyCommand(program)) {
    const path = pathOf(command);
    const { code, out, talk } = await runWaybill([...path, "--help"], { NO_COLOR: "1" });
    expect({ path, code, talk }).toEqual({ path, code: 0, talk: "" });
    pages.push({ command, path, help: out });
  }
});

it("every page names each flag, argument and command that the parser knows, and no other", () => {
  for (const { command, path, help } of pages) {
    const rows = (heading: string) => {
      const [, section = ""] = help.split(`\n${heading}:\n`);
      return [...(section.split("\n\n")[0] ?? "").matchAll(/^ {2}(\S.*?)(?: {2,}|$)/gm)].map(([, name]) => name);
    };
    expect([path, rows("Options")]).toEqual([path, [...command.options.map(({ flags }) => flags), "-h, --help"]]);
    expect([path, rows("Arguments")]).toEqual([path, command.registeredArguments.map((each) => each.name())]);
    const named = rows("Commands").map((row) => row?.split(" ")[0]);
    expect([path, named.filter((name) => name !== "help")]).toEqual([
      path,
      command.commands.map((each) => each.name()),
    ]);
  }
});

it("every page says what each of its flags and arguments is for, in at most 80 columns and without colour", () => {
  for (const { command, path, help } of pages) {
    expect([path, command.description()]).toEqual([path, expect.stringMatching(/\S/)]);
    for (const { flags, description } of command.options) expect([path, flags, description]).not.toContain("");
    for (const each of command.registeredArguments) expect([path, each.name(), each.description]).not.toContain("");
    const wide = help.split("\n").filter((line) => textWidth(line) > 80);
    expect([path, wide]).toEqual([path, []]);
    expect(help).not.toContain("\u001b");
    // No number of milliseconds, and no list that only JavaScript reads.
    expect([path, /default: (?:\d{5,}|\[|\{)/.exec(help)?.[0]]).toEqual([path, undefined]);
  }
});

describe("the parser", () => {
  it("takes each command with each of its flags", async () => {
    for (const command of everyCommand(program)) {
      if (command.commands.length > 0) continue;
      const words = [...pathOf(command), ...argumentsOf(command)];
      expect([words, await refusalOf(program, words)]).toEqual([words, null]);
      for (const option of command.options) {
        const flagged = [...words, option.long ?? "", ...(option.required ? [sampleOf(option)] : [])];
        expect([flagged, await refusalOf(program, flagged)]).toEqual([flagged, null]);
        if (option.short === undefined) continue;
        const short = [...words, option.short, ...(option.required ? [sampleOf(option)] : [])];
        expect([short, await refusalOf(program, short)]).toEqual([short, null]);
      }
    }
  });

  it("refuses with exit code 2, on stderr alone, what a page does not name", async () => {
    for (const { command, path } of pages) {
      if (command.commands.length > 0 && command.parent !== null) continue;
      const wrong = [
        [...path, ...argumentsOf(command), "--no-such-flag"],
        ...command.options.filter(({ required }) => required).map(({ long }) => [...path, long ?? ""]),
        ...(argumentsOf(command).length > 0 ? [path] : []),
      ];
      for (const words of wrong) {
        const { code, out, talk } = await runWaybill(words);
        expect([words, code, out]).toEqual([words, 2, ""]);
        expect(talk).toMatch(/^error: .+\n/);
      }
    }
  });

  it("takes every example and every command line that the pages name", async () => {
    let calls = 0;
    for (const { help, path } of pages) {
      const [, text = ""] = help.split("display help for command");
      for (const words of callsIn(text)) {
        calls += 1;
        expect([path, words, await refusalOf(program, words)]).toEqual([path, words, null]);
      }
    }
    expect(calls).toBeGreaterThan(5);
  });
});
