/** Text that is piped into a command. */
import { text } from "node:stream/consumers";

/** True when somebody pipes or redirects into the command. */
export function isPiped(): boolean {
  return process.stdin.isTTY !== true;
}

/** All of it, without the line end that shells add. */
export async function readStdin(): Promise<string> {
  return (await text(process.stdin)).replace(/\r?\n$/, "");
}
