/** `waybill submit --batch`: many tasks of a file, a line each. */
import { readFileSync } from "node:fs";
import { type BatchEntry, type Waybill, WaybillError } from "@waybill/sdk";
import { BAD_USAGE, Exit } from "./exit.ts";
import { readStdin } from "./terminal/stdin.ts";
import type { Terminal } from "./terminal/terminal.ts";

/** Prints the id of each that was taken, in their order, and of the others the line and why. */
export async function submitBatch(client: Waybill, file: string, { out, talk }: Terminal): Promise<void> {
  const { numbers, entries } = entriesOf(file, file === "-" ? await readStdin() : readLines(file));
  const results = await client.submitAll(entries);
  let refused = 0;
  for (const [at, result] of results.entries()) {
    if (!(result instanceof WaybillError)) {
      out.write(`${result.id}\n`);
      continue;
    }
    refused += 1;
    talk.write(`line ${numbers[at]}: ${result.message}\n`);
  }
  if (refused > 0) throw new Exit(1, `${refused} of ${results.length} tasks were refused.`);
}

function readLines(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new Exit(BAD_USAGE, `Cannot read ${file}: ${error instanceof Error ? error.message : "unreadable"}`);
  }
}

/** What is no JSON is found before anything is handed in; the server says the rest. */
function entriesOf(file: string, text: string): { numbers: number[]; entries: BatchEntry[] } {
  const numbers: number[] = [];
  const entries: BatchEntry[] = [];
  for (const [at, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    try {
      entries.push(JSON.parse(line));
    } catch (error) {
      const why = error instanceof Error ? error.message : "unreadable";
      throw new Exit(BAD_USAGE, `${file}, line ${at + 1} is not JSON: ${why}`);
    }
    numbers.push(at + 1);
  }
  if (entries.length === 0) throw new Exit(BAD_USAGE, `${file} names no task: each line is one as JSON.`);
  return { numbers, entries };
}
