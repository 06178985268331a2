/** A whole server in this process: on a free port, with a folder of its own, for tests to call as a client would. */
import { randomBytes } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Config, loadConfig } from "../src/config.ts";
import { SystemClock } from "../src/engine/clock.ts";
import { Ids } from "../src/engine/ids.ts";
import { LENSES } from "../src/lenses/index.ts";
import type { Lens, LensSettings } from "../src/lenses/lens.ts";
import { type Running, startServer } from "../src/main.ts";
import { DATABASE_FILE } from "../src/store/sqlite/folder.ts";
import { openSqliteStore } from "../src/store/sqlite/store.ts";
import type { Store } from "../src/store/store.ts";
import type { Scope } from "../src/task/principal.ts";
import { KeyVerbs } from "../src/verbs/implementation/key-verbs.ts";

export type TestKey = { tenant?: string; user: string; scopes?: Scope[]; tier?: string; models?: string[] };

export type TestServerOptions = {
  /** `dev` when absent. `serve` needs at least one of `keys`. */
  mode?: Config["mode"];
  /** Keys that exist before the start; their secrets come back in the same order. */
  keys?: readonly TestKey[];
  /** A folder that outlives the server, for a second start on it. */
  data?: string;
  /** What else of the configuration is not as it would be by itself: handlers, agents, tools, limits, … */
  config?: Partial<Omit<Config, "lenses" | "limits">> & {
    lenses?: { [Name in keyof LensSettings]?: Partial<LensSettings[Name]> };
    limits?: Partial<Config["limits"]>;
  };
  /** Lenses beside those that every server has. */
  lenses?: readonly Lens[];
};

export type TestServer = Running & {
  /** Root URL of the Shannon lens on its own port. */
  shannonUrl: string;
  data: string;
  secrets: string[];
  /** `fetch` on the main listener. `json` is sent as a body, `key` as a bearer token. */
  call: (path: string, init?: RequestInit & { json?: unknown; key?: string }) => Promise<Response>;
};

/** Starts a server; `stop` also removes the folder, unless it was handed in. */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const data = options.data ?? (await mkdtemp(join(tmpdir(), "waybill-test-")));
  const secrets = await makeKeys(data, options.keys ?? [], options.data === undefined);
  const [root, ...others] = LENSES;
  const foreign = [...others, ...(options.lenses ?? [])];
  const lensPort = foreign.flatMap(({ name, port }) => (port === null ? [] : `${name}=0`)).join();
  const config = await loadConfig({
    mode: options.mode ?? "dev",
    flags: { data, port: "0", lensPort, graceS: "2", logLevel: "silent" },
    lenses: [root, ...foreign],
    env: {},
    folder: data,
  });
  const models = { ...config.models, offlineWordsPerS: 0 };
  const settled = {
    lenses: {
      orchestrate: { ...config.lenses.orchestrate, ...options.config?.lenses?.orchestrate },
      shannon: { ...config.lenses.shannon, ...options.config?.lenses?.shannon },
      a2a: { ...config.lenses.a2a, ...options.config?.lenses?.a2a },
    },
    limits: { ...config.limits, ...options.config?.limits },
  };
  const running = await startServer({ ...config, models, ...options.config, ...settled }, [root, ...foreign]);
  return {
    ...running,
    shannonUrl: running.lensUrls["shannon"] ?? `${running.url}/shannon`,
    data,
    secrets,
    call: (path, { json, key, headers, ...init } = {}) => {
      const sent = new Headers(headers);
      if (key !== undefined) sent.set("authorization", `Bearer ${key}`);
      if (json !== undefined && !sent.has("content-type")) sent.set("content-type", "application/json");
      return fetch(new URL(path, running.url), {
        ...(json !== undefined && { method: "POST", body: JSON.stringify(json) }),
        ...init,
        headers: sent,
      });
    },
    stop: async () => {
      await running.stop();
      if (options.data === undefined) await rm(data, { recursive: true, force: true });
    },
  };
}

type Made = { database: Buffer; secrets: string[] };

/** New databases with keys in them, by the keys: each is made once, and is then a file to be written. */
const made = new Map<string, Promise<Made>>();

async function makeKeys(data: string, wanted: readonly TestKey[], isNew: boolean): Promise<string[]> {
  if (!isNew) return wanted.length === 0 ? [] : await inStore(data, (store) => addKeys(store, wanted));
  const known = JSON.stringify(wanted);
  const making = made.get(known) ?? inStore(":memory:", (store) => databaseWith(store, wanted));
  made.set(known, making);
  const { database, secrets } = await making;
  await writeFile(join(data, DATABASE_FILE), database);
  return [...secrets];
}

async function databaseWith(store: Store, wanted: readonly TestKey[]): Promise<Made> {
  const folder = await mkdtemp(join(tmpdir(), "waybill-test-"));
  try {
    const secrets = await addKeys(store, wanted);
    await store.backup(join(folder, DATABASE_FILE));
    return { database: await readFile(join(folder, DATABASE_FILE)), secrets };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function addKeys(store: Store, wanted: readonly TestKey[]): Promise<string[]> {
  const keys = new KeyVerbs(store, new SystemClock(), new Ids(randomBytes));
  const secrets: string[] = [];
  for (const { tenant = "default", user, ...key } of wanted) {
    const made = await keys.createFirst({ name: user, tenant, user, ...key });
    secrets.push(made.secret);
  }
  return secrets;
}

async function inStore<Result>(folder: string, work: (store: Store) => Promise<Result>): Promise<Result> {
  const store = await openSqliteStore(folder);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}
