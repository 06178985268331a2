import { spawn } from "node:child_process";
import type { Command } from "commander";
import { addConnectionFlags, type ConnectionFlags, talkTo } from "../connection.ts";
import { TASK_ID_HELP, taskIdOf } from "../task-id.ts";
import { openTerminal } from "../terminal/terminal.ts";

/** `waybill open`: the page in the browser. */
export function addOpen(program: Command): void {
  addConnectionFlags(
    program
      .command("open")
      .description("open the server's page in your browser, at a task when one is named; a pipe gets its address alone")
      .argument("[id]", TASK_ID_HELP),
  ).action((text: string | undefined, flags: ConnectionFlags) =>
    talkTo(flags, async (client) => {
      await client.health();
      const page = `${client.baseUrl}/dashboard/${text === undefined ? "" : `#${await taskIdOf(client, text)}`}`;
      const { out } = openTerminal();
      out.write(`${page}\n`);
      if (out.live) browse(page);
    }),
  );
}

/** The address stands on the screen, so that a machine without a browser loses nothing. */
function browse(url: string): void {
  const [command, ...args] = OPENERS[process.platform] ?? ["xdg-open"];
  const child = spawn(command, [...args, url], { stdio: "ignore", detached: true });
  child.on("error", () => {});
  child.unref();
}

const OPENERS: Partial<Record<NodeJS.Platform, [string, ...string[]]>> = {
  darwin: ["open"],
  win32: ["rundll32", "url.dll,FileProtocolHandler"],
};
