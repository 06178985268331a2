/**
 * `waybill dev` starts again when its configuration changes. A changed file is read first by a process of its own: with
 * one that is broken nothing starts, so the server that runs goes on. The new server takes the place of this process, as
 * `exec` in a shell does: whoever started it keeps its process, with the same id, streams and end.
 */

import { fork } from "node:child_process";
import { existsSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { Config, ConfigSources } from "../config.ts";
import { configFilesIn } from "../config-file.ts";
import type { Running } from "../main.ts";
import { clauseOf } from "../task/text/clause.ts";
import { FileWatch } from "./file-watch.ts";
import { filesBeside } from "./loaded-files.ts";

const CHECK = fileURLToPath(
  new URL(`./config-check.${import.meta.url.endsWith(".ts") ? "ts" : "js"}`, import.meta.url),
);
/** What a configuration may take that waits for something as it is read. */
const CHECK_S_MAX = 30;

const checked = z.object({ wrong: z.string().nullable(), files: z.array(z.string()) });
type Checked = z.infer<typeof checked>;

export type ConfigReload = {
  /** Resolves once the files have changed to what a server can start with. Says meanwhile what is wrong with them. */
  changed: () => Promise<void>;
  /** Whether they have changed again since. */
  hasChanged: () => boolean;
  /** Resolves once a server can start with the files: at once, or when they have been mended. */
  mended: () => Promise<void>;
  /** Puts a new server in the place of this process, which has stopped its own, if any. Ports that the system chose stay. */
  startAgain: (config?: Config, running?: Running) => never;
  /** Until then, it keeps this process from ending. */
  close: () => void;
};

/**
 * `loaded` is what was imported to read `file`, which is null where there is none yet; `say` takes a sentence for the
 * terminal. Null on Windows, which has no `exec`. Throws where the system can watch no more files.
 */
export function configReload(
  file: string | null,
  loaded: Iterable<string>,
  sources: ConfigSources,
  say: (sentence: string) => void,
): ConfigReload | null {
  const { execve } = process;
  if (process.platform === "win32" || execve === undefined) return null;
  const watch = new FileWatch();
  const wanted = configFilesIn(sources.folder, sources.flags["config"] ?? sources.env["WAYBILL_CONFIG"]);
  /** The one that a start would read. Without any, the one before it, which is missed. */
  const current = () => wanted.find((path) => existsSync(path)) ?? file;
  const follow = (files: Iterable<string>) => {
    const path = current();
    watch.add(path === null ? wanted : [...wanted, ...filesBeside(path, files)]);
  };
  follow(loaded);
  let changed: string[] = [];
  const look = () => {
    changed = [...new Set([...changed, ...watch.changed()])];
    return changed.length > 0;
  };
  const checkNow = async () => {
    const path = current();
    const found = await check({ ...sources, flags: { ...sources.flags, ...(path && { config: path }) } });
    follow(found.files);
    return found.wrong;
  };
  const nextGood = async () => {
    for (;;) {
      while (!look()) await watch.settled();
      const names = changed.map((path) => relative(sources.folder, path)).join(", ");
      const have = changed.length > 1 ? "have" : "has";
      changed = [];
      const wrong = await checkNow();
      // What has been written since then is another configuration.
      if (look()) continue;
      if (wrong === null) {
        say(`${names} ${have} changed: the server starts again.`);
        return;
      }
      say(`${names} ${have} changed, and the server goes on as before: ${wrong}`);
    }
  };
  return {
    mended: async () => {
      for (;;) {
        const wrong = await checkNow();
        if (wrong === null) return;
        say(`The server starts once that is mended: ${wrong}`);
        while (!look()) await watch.settled();
        changed = [];
      }
    },
    changed: () =>
      nextGood().catch((error: unknown) => {
        say(`Changes of the configuration are seen no longer: ${clauseOf(error)}.`);
        return new Promise(() => {});
      }),
    hasChanged: look,
    startAgain: (config, running) => {
      const args = [...process.execArgv, ...process.argv.slice(1)];
      if (config && running) args.push(...samePorts(config, running));
      return execve(process.execPath, [process.execPath, ...args], { ...sources.env, WAYBILL_STARTED_AGAIN: "1" });
    },
    close: () => watch.close(),
  };
}

/** Reads the configuration as a start would, elsewhere. */
function check({ mode, flags, folder, env }: ConfigSources): Promise<Checked> {
  const child = fork(CHECK, [], { env: { ...env }, stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const timer = setTimeout(() => child.kill("SIGKILL"), CHECK_S_MAX * 1_000);
  let said: Checked | undefined;
  child.once("message", (message) => {
    said = checked.safeParse(message).data;
  });
  const ended = new Promise<Checked>((resolve) => {
    const isWrong = (wrong: string) => resolve({ wrong, files: [] });
    child.once("error", (error) => isWrong(`It cannot be read: ${clauseOf(error)}.`));
    // Not before: a process that takes the place of this one would not know whose end to take note of.
    child.once("close", (code, signal) => {
      if (said) resolve(said);
      else if (code !== null) isWrong(`The process that read it ended with code ${code}.`);
      else isWrong(`The process that read it was ended by ${signal}; it may take ${CHECK_S_MAX} s.`);
    });
  });
  child.send({ mode, flags, folder });
  return ended.finally(() => clearTimeout(timer));
}

/** Flags for the ports that the system chose: where a number was asked for, it may be another one now. */
function samePorts(config: Config, { url, lensUrls }: Running): string[] {
  const portOf = (at: string) => new URL(at).port;
  const port = config.port === 0 ? ["--port", portOf(url)] : [];
  if (!Object.values(config.lensPorts).includes(0)) return port;
  const pairs = Object.entries(config.lensPorts).map(([name, asked]) => {
    const at = lensUrls[name];
    return `${name}=${at === undefined ? asked : portOf(at)}`;
  });
  return [...port, "--lens-port", pairs.join(",")];
}
