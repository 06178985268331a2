/** Which task a person means: its id, or the end of it. */
import type { Waybill } from "@waybill/sdk";
import { isTaskId } from "../task/id.ts";
import { BAD_USAGE, Exit } from "./exit.ts";

/** An end shorter than this is a mistyped word rather than an id. */
const END_MIN = 4;
const PAGE = 200;
/** Ends are looked for among this many of the newest tasks. */
const LOOKED_AT_MAX = 2_000;

export const TASK_ID_HELP = "a task's id, or its last characters";

/** The id that `text` names. Ends the command when it names none or several. */
export async function taskIdOf(client: Waybill, text: string): Promise<string> {
  const end = canonical(text);
  if (isTaskId(`task_${end}`)) return `task_${end}`;
  if (end.length < END_MIN || !/^[0-9A-HJKMNP-TV-Z]{1,25}$/.test(end)) {
    throw new Exit(
      BAD_USAGE,
      `${JSON.stringify(text)} is not a task id: that is task_ and 26 characters, or their end.`,
    );
  }
  const found: string[] = [];
  let lookedAt = 0;
  for await (const { id } of client.tasks.list({ limit: PAGE })) {
    if (id.endsWith(end)) found.push(id);
    lookedAt += 1;
    if (lookedAt >= LOOKED_AT_MAX) break;
  }
  const [only, ...others] = found;
  if (only === undefined) {
    throw new Exit(1, `No task's id ends in ${end} (looked at the newest ${lookedAt}). What there is: waybill list`);
  }
  if (others.length > 0) throw new Exit(1, `Several ids end in ${end}: give more of it.\n${found.join("\n")}`);
  return only;
}

/** Crockford's base 32 as people type it: any case, and O for 0, I and L for 1. */
function canonical(text: string): string {
  return text
    .trim()
    .replace(/^task_/i, "")
    .replace(/^…/, "")
    .toUpperCase()
    .replaceAll("O", "0")
    .replaceAll(/[IL]/g, "1");
}
