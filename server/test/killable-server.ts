/** A server in a process of its own, beside a provider of models that answers by a script: for tests that kill it. */
import type { ChildProcess } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Waybill } from "@waybill/sdk";
import { type Environment, greeted, spawnWaybill } from "./command.ts";
import { type ProviderServer, startProviderServer } from "./providers/provider-server.ts";
import type { TestServer } from "./server.ts";

export class KillableServer {
  readonly provider: ProviderServer;
  /** Where its configuration file is. */
  readonly folder: string;
  readonly #config: string;
  readonly #env: Environment;
  #running: { process: ChildProcess; url: string; client: Waybill } | null = null;

  private constructor(provider: ProviderServer, folder: string, config: string, env: Environment) {
    this.provider = provider;
    this.folder = folder;
    this.#config = config;
    this.#env = env;
  }

  /** `config` is the text of a configuration file with this ending, for a provider at an address. */
  static async start(
    ending: "json" | "mjs",
    config: (modelUrl: string) => string,
    env: Environment = {},
  ): Promise<KillableServer> {
    const folder = await mkdtemp(join(tmpdir(), "waybill-killable-"));
    const provider = await startProviderServer();
    const file = join(folder, `waybill.config.${ending}`);
    await writeFile(file, config(`${provider.url}/v1`));
    const server = new KillableServer(provider, folder, file, env);
    await server.startAgain();
    return server;
  }

  /** Of the process that runs now. */
  get client(): Waybill {
    if (!this.#running) throw new Error("It does not run.");
    return this.#running.client;
  }

  /** `fetch` on the process that runs now. `json` is sent as a body. */
  readonly call: TestServer["call"] = (path, { json, key: _, headers, ...init } = {}) => {
    const sent = new Headers(headers);
    if (json !== undefined) sent.set("content-type", "application/json");
    const body = json === undefined ? {} : { method: "POST", body: JSON.stringify(json) };
    return fetch(new URL(path, this.#running?.url), { ...body, ...init, headers: sent });
  };

  async startAgain(): Promise<void> {
    const flags = ["--data", join(this.folder, "data"), "--port", "0", "--lens-port", "none"];
    const process = spawnWaybill(["dev", ...flags, "--config", this.#config], { cwd: this.folder, env: this.#env });
    const url = await greeted(process);
    this.#running = { process, url, client: new Waybill({ baseUrl: url }) };
  }

  /** Resolves once it is gone. */
  async end(signal: NodeJS.Signals): Promise<void> {
    const process = this.#running?.process;
    if (!process) return;
    const gone = new Promise((resolve) => process.once("exit", resolve));
    process.kill(signal);
    await gone;
    this.#running = null;
  }

  async stop(): Promise<void> {
    await this.end("SIGTERM");
    await this.provider.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}
