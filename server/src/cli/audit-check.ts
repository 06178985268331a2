/**
 * Checks lines of the audit log that were exported: each against its own hash and the one before it, and the last against
 * what the server has under its number. Where that is the same, nothing before it was changed since: its hash holds all others.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import type { Waybill } from "@waybill/sdk";
import { z } from "zod";
import { Exit } from "./exit.ts";
import { openTerminal } from "./terminal/terminal.ts";

const link = z.object({ n: z.int(), previous_hash: z.string(), hash: z.string().nullable() });
type Link = z.infer<typeof link>;
type Entry = Link & { line: string };

const HASH_BEGINS = ',"hash":';

/** Throws `Exit` with what does not fit, and the number of the first line where it does not. Lines may come in either order. */
export async function checkExport(client: Waybill, file: string): Promise<void> {
  const { out } = openTerminal();
  const lines = createInterface({ input: file === "-" ? process.stdin : createReadStream(file), crlfDelay: 60_000 });
  let isNewestFirst: boolean | null = null;
  let count = 0;
  let unhashed = 0;
  let first: Entry | null = null;
  let last: Entry | null = null;
  for await (const line of lines) {
    if (line === "") continue;
    count += 1;
    const now = { ...linkOf(line, count), line };
    if (now.hash === null) unhashed += 1;
    else if (now.hash !== hashOf(line)) throw wrong(now, "was changed: its hash is not that of its text");
    if (last !== null) {
      isNewestFirst ??= now.n < last.n;
      if (now.n === last.n || now.n < last.n !== isNewestFirst)
        throw wrong(
          now,
          `does not come ${isNewestFirst ? "before" : "after"} entry ${last.n}: the lines are in no order`,
        );
      if (isNewestFirst) mustFollow(last, now);
      else mustFollow(now, last);
    }
    first ??= now;
    last = now;
  }
  if (first === null || last === null)
    throw new Exit(1, `There is no line in ${file}. Lines come from: waybill audit --after 0 --json`);
  const [oldest, newest] = isNewestFirst ? [last, first] : [first, last];
  await mustBeThere(client, newest);
  out.write(`${count} entries up to number ${newest.n} are as they were written, and the server still has them so.\n`);
  const absent = newest.n - oldest.n + 1 - count;
  if (absent > 0)
    out.write(`${absent} of the numbers from ${oldest.n} on are not in the file: nothing is said of those.\n`);
  if (unhashed > 0) out.write(`${unhashed} are from before the log had hashes: those could not be checked.\n`);
}

/** Hashes began at one entry, and all after it have one. */
function mustFollow(later: Link, earlier: Link): void {
  if (later.hash === null && earlier.hash !== null)
    throw wrong(later, `was changed: it has no hash, and entry ${earlier.n} before it has one`);
  if (later.n === earlier.n + 1 && later.previous_hash !== (earlier.hash ?? ""))
    throw wrong(later, `does not belong behind entry ${earlier.n}: that was changed, or this`);
}

function linkOf(line: string, place: number): Link {
  try {
    return link.parse(JSON.parse(line));
  } catch {
    throw new Exit(1, `Line ${place} is no entry of the audit log: lines come from: waybill audit --after 0 --json`);
  }
}

function hashOf(line: string): string {
  return createHash("sha256")
    .update(line.slice(0, line.lastIndexOf(HASH_BEGINS)))
    .digest("hex");
}

async function mustBeThere(client: Waybill, { n, line }: Entry): Promise<void> {
  const { data } = await client.auditPage({ order: "oldest", cursor: String(n - 1), limit: 1 });
  const [found] = data;
  if (found?.n !== n)
    throw new Exit(1, `The server has no entry ${n} any more: it is older than auditDays, or was taken out.`);
  if (JSON.stringify(found) !== line)
    throw new Exit(1, `The server's entry ${n} is not the one that was exported: the log was written anew.`);
}

function wrong({ n }: Link, what: string): Exit {
  return new Exit(1, `Entry ${n} ${what}.`);
}
