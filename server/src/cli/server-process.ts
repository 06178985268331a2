/** A server as a process: its flags, its signals and its exit code. */

import { flushCompileCache } from "node:module";
import type { Command } from "commander";
import type { ConfigSources } from "../config.ts";
import { FLAGS } from "../flags.ts";
import type { Running } from "../main.ts";
import { clauseOf } from "../task/text/clause.ts";
import type { ConfigReload } from "./config-reload.ts";
import { BAD_USAGE, Exit } from "./exit.ts";
import { noteLoadedFiles } from "./loaded-files.ts";

/** Told to a server that takes the place of another: the configuration could be read when that one ended. */
const STARTED_AGAIN = "WAYBILL_STARTED_AGAIN";

/** Adds every flag of the server. Their values stay text here: one place checks flags, environment and file alike. */
export function addServerFlags(command: Command): Command {
  for (const { flag, value, about } of FLAGS) command.option(`${flag} <${value}>`, about);
  return command;
}

/**
 * Runs a server until SIGTERM or SIGINT; with `reload`, the one after it too, once the files of the configuration have
 * changed.
 */
export async function runServer(
  mode: "dev" | "serve",
  flags: Record<string, string | undefined>,
  { reload = false } = {},
): Promise<void> {
  await (await import("../store/open.ts")).expectStore();
  const [{ loadConfig }, { startServer }, { StartError }, { LENSES }] = await Promise.all([
    import("../config.ts"),
    import("../main.ts"),
    import("../parts/start-error.ts"),
    import("../lenses/index.ts"),
  ]);
  const isAgain = process.env[STARTED_AGAIN] !== undefined;
  delete process.env[STARTED_AGAIN];
  // A configuration may set variables: the next one begins without.
  const sources = { mode, flags, folder: process.cwd(), env: { ...process.env } };
  const loaded = new Set<string>();
  const reading = noteLoadedFiles(loaded, () => loadConfig({ ...sources, env: process.env }));
  const config = await reading.catch((error: unknown) => {
    if (reload && isAgain) return startWhenMended(loaded, sources, error);
    throw error;
  });
  const reloading = reload ? await reloadOf(config.file, loaded, sources) : null;
  const signalled = signals();
  let running: Running;
  try {
    running = await startServer(config, LENSES, { mode, flags, folder: sources.folder });
  } catch (error) {
    reloading?.close();
    if (error instanceof StartError) throw new Exit(error.badUsage ? BAD_USAGE : 1, error.message);
    throw error;
  }
  // Where it goes may be on a full disk, which stops nothing.
  process.stderr.on("error", () => {});
  process.stderr.write(running.greeting);
  // Node.js keeps what it has compiled at its end, which a process that is killed never has.
  flushCompileCache();
  const changed = async () => (reloading ? reloading.changed() : new Promise<void>(() => {}));
  await Promise.race([signalled.first, changed()]);
  void signalled.second.then(() => running.hurry());
  await running.stop();
  if (reloading && !signalled.seen()) {
    // What was written while it stopped may be broken, and then waits for its author.
    if (reloading.hasChanged()) await Promise.race([signalled.first, reloading.changed()]);
    if (!signalled.seen()) reloading.startAgain(config, running);
  }
  // Nothing is left to do, and a handle that somebody else's handler code left open must not keep the process.
  process.exit(0);
}

/**
 * A configuration that was broken while the server before this one stopped waits for its author, as one does that is broken
 * while one runs.
 */
async function startWhenMended(loaded: Iterable<string>, sources: ConfigSources, error: unknown): Promise<never> {
  const reloading = await reloadOf(null, loaded, sources);
  if (reloading === null) throw error;
  const signalled = signals();
  await Promise.race([signalled.first, reloading.mended()]);
  if (signalled.seen()) process.exit(0);
  return reloading.startAgain();
}

/** Null where this cannot be; with a sentence, unless it is so on every such system. */
async function reloadOf(
  file: string | null,
  loaded: Iterable<string>,
  sources: ConfigSources,
): Promise<ConfigReload | null> {
  const say = (sentence: string) => process.stderr.write(`${sentence}\n`);
  const { configReload } = await import("./config-reload.ts");
  try {
    return configReload(file, loaded, sources, say);
  } catch (error) {
    say(`Changes of the configuration are not seen here: ${clauseOf(error)}.`);
    return null;
  }
}

function signals(): { first: Promise<void>; second: Promise<void>; seen: () => boolean } {
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
  return { first: first.promise, second: second.promise, seen: () => seen > 0 };
}
