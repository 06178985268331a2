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

const HASH_BEGINS = ',"hash":';

/** Throws `Exit` with what does not fit, and the number of the first line where it does not. */
export async function checkExport(client: Waybill, file: string): Promise<void> {
  const { out } = openTerminal();
  const lines = createInterface({ input: file === "-" ? process.stdin : createReadStream(file), crlfDelay: 60_000 });
  let count = 0;
  let last: { link: Link; line: string } | null = null;
  for await (const line of lines) {
    if (line === "") continue;
    count += 1;
    const now = linkOf(line, count);
    if (now.hash !== null && now.hash !== hashOf(line))
      throw wrong(now, "was changed: its hash is not that of its text");
    if (last !== null && now.n <= last.link.n) throw wrong(now, `does not come after entry ${last.link.n}`);
    if (last !== null && now.n === last.link.n + 1 && now.previous_hash !== (last.link.hash ?? ""))
      throw wrong(now, `does not belong behind entry ${last.link.n}: that was changed, or this`);
    last = { link: now, line };
  }
  if (last === null) throw new Exit(1, `There is no line in ${file}. Lines come from: waybill audit --after 0 --json`);
  await mustBeThere(client, last);
  out.write(
    `${count} entries up to number ${last.link.n} are as they were written, and the server still has them so.\n`,
  );
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

async function mustBeThere(client: Waybill, { link: { n }, line }: { link: Link; line: string }): Promise<void> {
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
