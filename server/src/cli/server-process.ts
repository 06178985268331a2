/** A server as a process: its flags, its signals and its exit code. */
import type { Command } from "commander";
import { FLAGS } from "../flags.ts";
import type { Running } from "../main.ts";
import { BAD_USAGE, Exit } from "./exit.ts";

/** Adds every flag of the server. Their values stay text here: one place checks flags, environment and file alike. */
export function addServerFlags(command: Command): Command {
  for (const { flag, value, about } of FLAGS) command.option(`${flag} <${value}>`, about);
  return command;
}

/** Runs a server until SIGTERM or SIGINT. */
export async function runServer(mode: "dev" | "serve", flags: Record<string, string | undefined>): Promise<void> {
  const [{ loadConfig }, { StartError, startServer }, { LENSES }] = await Promise.all([
    import("../config.ts"),
    import("../main.ts"),
    import("../lenses/index.ts"),
  ]);
  const sources = { mode, flags, folder: process.cwd() };
  const config = await loadConfig({ ...sources, env: process.env });
  const signalled = signals();
  let running: Running;
  try {
    running = await startServer(config, LENSES, sources);
  } catch (error) {
    if (error instanceof StartError) throw new Exit(error.badUsage ? BAD_USAGE : 1, error.message);
    throw error;
  }
  // Where it goes may be on a full disk, which stops nothing.
  process.stderr.on("error", () => {});
  process.stderr.write(running.greeting);
  await signalled.first;
  void signalled.second.then(() => running.hurry());
  await running.stop();
  // Nothing is left to do, and a handle that somebody else's handler code left open must not keep the process.
  process.exit(0);
}

function signals(): { first: Promise<void>; second: Promise<void> } {
  const first = Promise.withResolvers<void>();
  const second = Promise.withResolvers<void>();
  let seen = 0;
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      seen += 1;
      if (seen === 1) first.resolve();
      else second.resolve();
    });
  }
  return { first: first.promise, second: second.promise };
}
