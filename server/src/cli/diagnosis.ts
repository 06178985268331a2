/**
 * The checks of `waybill doctor`: runtime, configuration, data folder, disk, database, server and key, one by one. Each
 * finding says what to do where something is wrong. No code of the folder that it stands in is run, unless it is named.
 */
import { existsSync, statSync } from "node:fs";
import { access, constants, statfs } from "node:fs/promises";
import { userInfo } from "node:os";
import { dirname } from "node:path";
import { WaybillError } from "@waybill/sdk";
import { bytes } from "@waybill/sdk/display";
import { type Config, loadConfig } from "../config.ts";
import { ConfigError } from "../config-error.ts";
import { defaultFileIn, isCode } from "../config-file.ts";
import { environmentName } from "../flags.ts";
import { configurationOf } from "../greeting.ts";
import { DamagedWal } from "../store/damage.ts";
import { type Health, type Storage, storageOf } from "../store/open.ts";
import { type ConnectionFlags, connect, explained } from "./connection.ts";

export type DiagnosisFlags = ConnectionFlags & { config?: string | undefined };

export type Finding = {
  what: string;
  is: "good" | "note" | "bad";
  says: string;
  /** What to do; "" where there is nothing. */
  todo: string;
};

const FREE_BYTES_LOW = 1024 ** 3;
/** Of many files that others may read, so many are named. */
const OPEN_NAMED_MAX = 3;
const FREE_BYTES_MIN = 100 * 1024 ** 2;
/** What to do about damage that no single task can be set aside for. */
const MEND =
  "Stop the server. Where a backup has it whole: waybill restore. To go on with all rows that can be read: waybill doctor --mend";

function todoOf(error: unknown): string {
  return error instanceof DamagedWal ? "Start the server: nothing else mends it." : MEND;
}

export async function* diagnose(
  folder: string,
  flags: DiagnosisFlags,
  env: NodeJS.ProcessEnv,
  here = process.cwd(),
): AsyncGenerator<Finding, void, undefined> {
  yield { what: "Node.js", is: "good", says: process.versions.node, todo: "" };
  const program = programIn(here, flags, env);
  const config = await configOf(folder, flags, env, { here, namedFileOnly: program !== undefined });
  if ("finding" in config) yield config.finding;
  else if (program !== undefined) yield notRun(program);
  else yield { what: "Configuration", is: "good", says: fileOf(config), todo: "" };
  if (!("finding" in config)) yield models(config);
  yield* dataFindings(folder);
  yield* serverFindings(flags);
}

/** The configuration that lies here and is code, which nobody has named: whose folder this is, is not known. */
function programIn(here: string, { config }: DiagnosisFlags, env: NodeJS.ProcessEnv): string | undefined {
  if ((config ?? env[environmentName("config")] ?? "") !== "") return undefined;
  const found = defaultFileIn(here);
  return found !== undefined && isCode(found) ? found : undefined;
}

function notRun(program: string): Finding {
  const says = `${program} lies here, is a program, and was not run: what it declares is not checked`;
  return { what: "Configuration", is: "note", says, todo: `To run and check it: waybill doctor --config ${program}` };
}

async function configOf(
  data: string,
  { config }: DiagnosisFlags,
  env: NodeJS.ProcessEnv,
  { here, namedFileOnly }: { here: string; namedFileOnly: boolean },
): Promise<Config | { finding: Finding }> {
  try {
    // The folder and the mode are not in question here; a host that only `serve` may bind must not look like a mistake.
    return await loadConfig({ mode: "serve", flags: { data, config }, env, folder: here, namedFileOnly });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return {
      finding: { what: "Configuration", is: "bad", says: error.message, todo: "Correct it: no server starts so." },
    };
  }
}

/** The file, and what it brings; its providers are a finding of their own. */
function fileOf(config: Config): string {
  if (config.file === null) return "no file, the defaults";
  const brought = configurationOf(config, []).slice(1);
  return [config.file, ...brought.map(([name, value]) => `${name.toLowerCase()} ${value}`)].join("; ");
}

function models({ models }: Config): Finding {
  const providers = Object.entries(models.providers ?? {}).map(([name, { type }]) =>
    name === type ? name : `${name} (${type})`,
  );
  if (providers.length === 0) {
    return {
      what: "Models",
      is: "note",
      says: `no provider: agents use the offline model ${models.default ?? "local:reference"}`,
      todo: "To connect a real one set OPENAI_API_KEY, ANTHROPIC_API_KEY or OLLAMA_HOST where the server starts.",
    };
  }
  const by = models.default === undefined ? "" : `, default ${models.default}`;
  return { what: "Models", is: "good", says: `${providers.join(", ")}${by}`, todo: "" };
}

async function* dataFindings(folder: string): AsyncGenerator<Finding, void, undefined> {
  const what = "Data folder";
  const storage = storageOf({ data: folder });
  const closed = await closedTo(folder);
  if (closed !== null) {
    yield { what, is: "bad", ...closed };
    return;
  }
  if (!storage.exists()) {
    const todo = "The first start makes it. Another folder: --data.";
    yield { what, is: "note", says: `${folder} has no data yet`, todo };
    yield await freeSpace(dirname(folder));
    return;
  }
  const foreign = await storage.foreign();
  if (foreign !== null) {
    yield { what, is: "bad", says: foreign, todo: "No server starts on it as it is." };
    return;
  }
  const owner = await storage.owner();
  yield { what, is: "good", says: `${folder}, ${owner === null ? "free" : "in use by a running server"}`, todo: "" };
  const open = await openTo(storage, folder);
  if (open) yield open;
  yield await freeSpace(folder);
  yield* integrity(storage);
  for (const name of await storage.former()) yield formerFinding(name);
}

/** Of the folder, or the one in which it would be made: why this user cannot use it; null where it may. */
async function closedTo(folder: string): Promise<Pick<Finding, "says" | "todo"> | null> {
  if (!existsSync(folder) && dirname(folder) !== folder) return closedTo(dirname(folder));
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory())
    return { says: `${folder} is no folder`, todo: "Move it elsewhere, or name another folder: --data." };
  const says = `${folder} cannot be read and written by ${userInfo().username}`;
  const todo = "Run this as the user of the server, or give that user the right: chown -R.";
  return access(folder, constants.R_OK | constants.W_OK | constants.X_OK).then(
    () => null,
    () => ({ says, todo }),
  );
}

/** Null when the owner alone may read the data. */
async function openTo(storage: Storage, folder: string): Promise<Finding | null> {
  const what = "Permissions";
  const named: string[] = [];
  let count = 0;
  for await (const { entry, mode } of storage.openToOthers()) {
    count += 1;
    if (named.length < OPEN_NAMED_MAX) named.push(`${entry} (${mode.toString(8)})`);
  }
  if (count === 0) return null;
  const more = count > named.length ? ` and ${count - named.length} more` : "";
  const todo = `The next start takes that from them, where the files are its own. At once: chmod -R go= ${folder}`;
  return { what, is: "note", says: `others on this machine may read ${named.join(", ")}${more}`, todo };
}

/** Whoever looks behind a start that has rebuilt the database finds it sound, and would not know that rows may be lost. */
function formerFinding(name: string): Finding {
  const todo =
    "What was there before a restore, or before the database was rebuilt: the log then says whether rows are lost. Remove it once nobody wants it.";
  return { what: "Former data", is: "note", says: name, todo };
}

async function freeSpace(folder: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const says = `${bytes(free)} free`;
  if (free >= FREE_BYTES_LOW) return { what: "Disk", is: "good", says, todo: "" };
  const todo = "Make room: on a full disk Waybill refuses new work until there is some.";
  return { what: "Disk", is: free < FREE_BYTES_MIN ? "bad" : "note", says, todo };
}

async function* integrity(storage: Storage): AsyncGenerator<Finding, void, undefined> {
  const what = "Database";
  let health: Health;
  try {
    health = await storage.health();
  } catch (error) {
    yield { what, is: "bad", says: error instanceof Error ? error.message : "unreadable", todo: todoOf(error) };
    return;
  }
  const { schema, presentSchema, problems, unreadable, aside, audit } = health;
  if (schema > presentSchema) {
    const todo = "Start the Waybill that made it, or restore a backup that this one made.";
    yield { what, is: "bad", says: `schema ${schema}, of a newer Waybill than this`, todo };
    return;
  }
  if (schema < presentSchema) {
    yield { what, is: "note", says: `schema ${schema}`, todo: "The next start brings it up to date." };
    return;
  }
  const [problem, ...more] = problems;
  if (problem !== undefined) {
    const says = problem + (more.length === 0 ? "" : ` (and ${more.length} more)`);
    yield { what, is: "bad", says, todo: MEND };
  } else if (unreadable.length === 0) yield { what, is: "good", says: `sound, schema ${schema}`, todo: "" };
  yield auditFinding(audit);
  for (const { task, says } of unreadable) yield unreadableFinding(task, says);
  for (const task of aside) {
    const todo = `The server goes on without it. To put it back: waybill doctor --put-back ${task}`;
    yield { what: "Set aside", is: "note", says: task, todo };
  }
}

function auditFinding({ entries, last, hash, problems }: Health["audit"]): Finding {
  const what = "Audit log";
  const [problem, ...more] = problems;
  if (problem !== undefined) {
    const says = problem + (more.length === 0 ? "" : ` (and ${more.length} more)`);
    const todo =
      "Somebody wrote into the database, or the disk lost something. Compare an export: waybill audit --check";
    return { what, is: "bad", says, todo };
  }
  const end = entries === 0 ? "" : `, the last of hash ${hash.slice(0, 16)}`;
  return { what, is: "good", says: `${entries} entries up to number ${last}, a whole chain${end}`, todo: "" };
}

function unreadableFinding(task: string | null, says: string): Finding {
  const aside = `The server goes on without it. To keep it out of the way: waybill doctor --set-aside ${task}`;
  const todo = task === null ? MEND : aside;
  return { what: "Unreadable", is: "bad", says, todo };
}

async function* serverFindings(flags: ConnectionFlags): AsyncGenerator<Finding, void, undefined> {
  const what = "Server";
  const client = connect(flags);
  try {
    const { status, version } = await client.health();
    yield { what, is: "good", says: `${client.baseUrl}: ${status}, version ${version}`, todo: "" };
  } catch (error) {
    if (!(error instanceof WaybillError)) throw error;
    const asked = flags.url !== undefined;
    const [says = "", ...todo] = explained(error, client.baseUrl).split("\n");
    yield { what, is: asked ? "bad" : "note", says, todo: todo.join(" ") };
    return;
  }
  try {
    const { user, tenant, scopes } = await client.me();
    yield { what: "Key", is: "good", says: `user ${user} of ${tenant}, may: ${scopes.join(", ")}`, todo: "" };
  } catch (error) {
    if (!(error instanceof WaybillError)) throw error;
    const [says = "", ...todo] = explained(error, client.baseUrl).split("\n");
    yield { what: "Key", is: "bad", says, todo: todo.join(" ") };
  }
}
