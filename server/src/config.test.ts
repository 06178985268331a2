import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type ConfigSources, loadConfig } from "./config.ts";
import { ConfigError } from "./config-error.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "waybill-config-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const load = (sources: Partial<ConfigSources> = {}) =>
  loadConfig({ mode: "dev", flags: {}, env: {}, folder, ...sources });

describe("the configuration", () => {
  it("has a default for everything", async () => {
    const config = await load();
    expect(config).toMatchObject({
      data: join(folder, ".waybill"),
      host: null,
      port: 7420,
      lensPorts: { shannon: 8080, documents: 10_000 },
      lensPortsAsked: false,
      graceMs: 20_000,
      trustProxy: 0,
      retentionDays: 30,
      file: null,
    });
    expect(Object.isFrozen(config)).toBe(true);
  });

  it("takes a flag before the environment, that before the file, and that before the default", async () => {
    await writeFile(join(folder, "waybill.config.json"), JSON.stringify({ port: 1000, graceS: 1, trustProxy: 1 }));
    const config = await load({ flags: { port: "3000" }, env: { WAYBILL_PORT: "2000", WAYBILL_GRACE_S: "2.5" } });
    expect(config).toMatchObject({ port: 3000, graceMs: 2_500, trustProxy: 1 });
  });

  it("lets the offline model speak at the same pace beside other settings of models, unless it says one", async () => {
    const paceOf = async (models: object) => {
      await writeFile(join(folder, "waybill.config.json"), JSON.stringify({ models }));
      return (await load()).models.offlineWordsPerS;
    };
    const usual = (await load()).models.offlineWordsPerS;
    expect(usual).toBe(15);
    expect(await paceOf({ prices: { "house:m": { input: 1, output: 1 } } })).toBe(usual);
    expect(await paceOf({ offlineWordsPerS: 0 })).toBe(0);
  });

  it.each([
    ["an error that it throws", "throw new Error('no such account: ' + key)"],
    ["a text that it throws", "throw 'no such account: ' + key"],
    ["a field that throws when it is looked at", "export default { get models() { throw new Error('no: ' + key) } }"],
    ["the name of a field", "export default { [key]: 1 }"],
  ])("says of a file that repeats its keys no key: %s", async (_, code) => {
    for (const [at, key] of ["sk-proj-abcdefghijklmnop1234", "twin of a form 77"].entries()) {
      vi.stubEnv("QZ_API_KEY", key);
      const config = `own${at}.mjs`;
      await writeFile(join(folder, config), `const key = process.env.QZ_API_KEY;\n${code};`);
      const error: unknown = await load({ flags: { config } }).catch((thrown: unknown) => thrown);
      vi.unstubAllEnvs();
      expect(error).toBeInstanceOf(ConfigError);
      expect(String(error)).toContain("[hidden]");
      expect(String(error)).not.toContain(key);
    }
  });

  it("puts the default agent first, and refuses one that is not there", async () => {
    const agents = [
      { slug: "poet", name: "Poet" },
      { slug: "clerk", name: "Clerk" },
    ];
    const write = (defaultAgent: string) =>
      writeFile(join(folder, "waybill.config.json"), JSON.stringify({ agents, defaultAgent }));
    await write("clerk");
    expect((await load()).agents.map(({ slug }) => slug)).toEqual(["clerk", "poet"]);
    await write("judge");
    await expect(load()).rejects.toThrow('there is no agent "judge". Agents: poet, clerk.');
  });

  it("takes an embedding model that is a folder from where the file is, and any other as it is named", async () => {
    expect((await load()).embeddings).toEqual({ model: "local:glove-100d" });
    const write = (model: string) =>
      writeFile(join(folder, "waybill.config.json"), JSON.stringify({ embeddings: { model } }));
    await write("./minilm");
    expect((await load()).embeddings).toEqual({ model: join(folder, "minilm") });
    await write("openai:text-embedding-3-small");
    expect((await load()).embeddings).toEqual({ model: "openai:text-embedding-3-small" });
  });

  it("reads every flag from the environment under its name in capitals", async () => {
    const config = await load({
      mode: "serve",
      env: {
        WAYBILL_DATA: "elsewhere",
        WAYBILL_HOST: "0.0.0.0",
        WAYBILL_PORT: "81",
        WAYBILL_LENS_PORT: "shannon=82",
        WAYBILL_MODEL: "openai:gpt-5-mini",
        WAYBILL_PUBLIC_URL: "https://tasks.example.com/",
        WAYBILL_TRUST_PROXY: "2",
        WAYBILL_GRACE_S: "3",
        WAYBILL_LOG_LEVEL: "warn",
      },
    });
    expect(config).toMatchObject({
      data: join(folder, "elsewhere"),
      host: "0.0.0.0",
      port: 81,
      lensPorts: { shannon: 82 },
      lensPortsAsked: true,
      publicUrl: "https://tasks.example.com",
      trustProxy: 2,
      graceMs: 3_000,
      logLevel: "warn",
    });
    expect(config.models.default).toBe("openai:gpt-5-mini");
  });

  it("gives the lenses several ports of their own, or none", async () => {
    const { lensPorts } = await load({ flags: { lensPort: "shannon=8081,documents=10000, orchestrate=4321" } });
    expect(lensPorts).toEqual({ shannon: 8081, documents: 10_000, orchestrate: 4321 });
    expect(await load({ flags: { lensPort: "none" } })).toMatchObject({ lensPorts: {}, lensPortsAsked: true });
  });

  it("takes providers from the environment's own variables", async () => {
    const { models } = await load({ env: { OPENAI_API_KEY: "k" } });
    expect(models.providers?.["openai"]).toMatchObject({ type: "openai", apiKey: "k" });
  });

  it("runs a file of code and keeps the handlers that it makes", async () => {
    const task = new URL("./task/handler.ts", import.meta.url).href;
    const zod = import.meta.resolve("zod");
    await writeFile(
      join(folder, "waybill.config.ts"),
      `import { defineHandler } from ${JSON.stringify(task)};
       import { z } from ${JSON.stringify(zod)};
       const port: number = 4000;
       export default { port, handlers: [defineHandler({ kind: "double", input: z.number(), run: async (_ctx, n) => n * 2 })] };`,
    );
    const config = await load();
    expect(config.port).toBe(4000);
    expect(config.handlers.map(({ kind }) => kind)).toEqual(["double"]);
  });

  const refused: [string, Partial<ConfigSources>, RegExp][] = [
    ["a port that is no number", { flags: { port: "abc" } }, /--port cannot be "abc": must be a whole number/],
    ["a port out of range", { env: { WAYBILL_PORT: "70000" } }, /WAYBILL_PORT cannot be "70000"/],
    ["a lens that nobody knows", { flags: { lensPort: "telex=1" } }, /--lens-port cannot be "telex=1"/],
    ["a lens port that is no number", { flags: { lensPort: "shannon=x" } }, /--lens-port/],
    ["a public URL that is none", { flags: { publicUrl: "example.com" } }, /--public-url/],
    ["PostgreSQL", { flags: { database: "postgres://localhost/waybill" } }, /PostgreSQL is not supported yet/],
    ["Temporal", { env: { WAYBILL_TEMPORAL: "localhost:7233" } }, /Temporal is not supported yet/],
    ["dev for other machines", { flags: { host: "0.0.0.0" } }, /waybill serve --host 0\.0\.0\.0/],
    ["a file that is not there", { flags: { config: "nowhere.json" } }, /nowhere\.json does not exist/],
  ];
  it.each(refused)("refuses %s with a sentence", async (_what, sources, sentence) => {
    const error = await load(sources).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(ConfigError);
    expect(String(error)).toMatch(sentence);
  });

  it("refuses a bound that is none, and names it", async () => {
    const { limits, shares } = await load();
    const named = (path: string, bounds: object) => Object.keys(bounds).map((bound) => `${path}.${bound}`);
    const bounds = [
      ...named("limits", limits),
      ...(["key", "tenant", "address"] as const).flatMap((whose) => named(`shares.${whose}`, shares[whose])),
    ];
    expect(bounds.length).toBeGreaterThan(40);
    for (const bound of bounds) {
      for (const value of [-1, "many", true, 1e300]) {
        const json = bound.split(".").reduceRight<unknown>((inner, name) => ({ [name]: inner }), value);
        await writeFile(join(folder, "waybill.config.json"), JSON.stringify(json));
        const error = await load().catch((error: unknown) => error);
        expect([bound, value, error]).toEqual([bound, value, expect.any(ConfigError)]);
        expect(String(error)).toContain(bound.split(".").at(-1));
      }
    }
  });

  it.each([
    [
      { limits: { bodiesBytes: 1_048_576 } },
      /limits\.bodiesBytes is 1048576 bytes .* limits\.bodyBytes lets one have 4194304/,
    ],
    [{ shares: { key: { bodiesBytes: 1_000 } } }, /shares\.key\.bodiesBytes is 1000/],
    [{ shares: { tiers: { small: { bodiesBytes: 1_000 } } } }, /shares\.tiers\.small\.bodiesBytes is 1000/],
    [{ shares: { tenant: { bodiesBytes: 1_000 } } }, /shares\.tenant\.bodiesBytes is 1000/],
    [{ shares: { tenants: { acme: { bodiesBytes: 1_000 } } } }, /shares\.tenants\.acme\.bodiesBytes is 1000/],
  ])("refuses bounds by which a body that may be sent is never taken: %j", async (config, sentence) => {
    await writeFile(join(folder, "waybill.config.json"), JSON.stringify(config));
    await expect(load()).rejects.toThrow(sentence);
  });

  it("takes no handler under a name of the engine's own", async () => {
    const task = new URL("./task/handler.ts", import.meta.url).href;
    const zod = import.meta.resolve("zod");
    await writeFile(
      join(folder, "waybill.config.ts"),
      `import { defineHandler } from ${JSON.stringify(task)};
       import { z } from ${JSON.stringify(zod)};
       const handler = defineHandler({ kind: "waybill.cleanup", input: z.any(), run: async () => null });
       export default { handlers: [handler] };`,
    );
    expect(String(await load().catch((error: unknown) => error))).toMatch(/handlers\.0: .* begin with waybill\./);
  });

  it("takes no handler that is written down without defineHandler, which every submit of its kind would fail by", async () => {
    await writeFile(
      join(folder, "waybill.config.ts"),
      `import { z } from ${JSON.stringify(import.meta.resolve("zod"))};
       const present = () => ({ title: "Double" });
       export default { handlers: [{ kind: "double", version: 1, input: z.number(), present, run: async (_ctx, n) => n * 2 }] };`,
    );
    expect(String(await load().catch((error: unknown) => error))).toMatch(/handlers\.0: must be made by defineHandler/);
  });

  it("reads a file of Windows, and says where the syntax of one is at fault", async () => {
    await writeFile(join(folder, "waybill.config.json"), '\ufeff{\r\n  "port": 1000\r\n}\r\n');
    expect((await load()).port).toBe(1000);
    await writeFile(join(folder, "broken.json"), '{ "port": 1, }');
    await expect(load({ flags: { config: "broken.json" } })).rejects.toThrow(/line 1 column 14/);
  });

  it("names the variable of the environment whose address is none", async () => {
    const bad = load({ env: { OPENAI_BASE_URL: "http://" } });
    await expect(bad).rejects.toBeInstanceOf(ConfigError);
    await expect(bad).rejects.toThrow('OPENAI_BASE_URL cannot be "http://"');
  });

  it("names what is wrong in a file", async () => {
    await writeFile(
      join(folder, "waybill.config.json"),
      JSON.stringify({ prot: 1, agents: [{ slug: "Not A Slug", name: "x" }] }),
    );
    const error = await load().catch((error: unknown) => error);
    expect(String(error)).toMatch(/waybill\.config\.json is not a valid configuration/);
    expect(String(error)).toMatch(/agents\.0\.slug/);
    expect(String(error)).toMatch(/prot/);
  });
});
