/** The shape of the source: who may import whom, which packages live where, and what a file may not grow into. */
import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, normalize, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { functionLengths } from "./function-lengths.ts";
import { cyclesOf } from "./import-cycles.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const FILE_LINES_MAX = 500;
const FUNCTION_LINES_MAX = 80;
/** Functions over that length which are one table of data, by their first line. */
const TABLES: ReadonlySet<string> = new Set(["export function writerStatements(db: Database) {"]);
/** Where the compiler cannot follow a proof: what a key of a table or a generic of a journal says about its value. */
const CASTS: ReadonlySet<string> = new Set([
  "server/src/engine/execution/hosted-runs.ts",
  "server/src/engine/execution/replay-context.ts",
  "server/src/engine/suite/stage.ts",
  "server/src/engine/suite/values.suite.ts",
  "server/src/engine/task-cache.test.ts",
  "server/src/handlers/agent/run.ts",
  "server/src/lenses/route.ts",
  "server/src/task/change.ts",
  "server/src/task/decide.test.ts",
  "server/src/task/events/event.test.ts",
  "server/src/task/handler.ts",
  "server/src/verbs/suite/stage.ts",
]);
const UNFOUND_NOUNS = /^(utils?|helpers?|common|managers?|services?|misc|shared)(\..*)?$/;

/**
 * Folders of server/src that a folder may import from, besides itself. Entries with a file name allow that file only. A
 * folder inside another one that has a row of its own may see what that row says; `folder/*` allows its own files, and
 * none of the folders inside.
 */
const MAY_SEE: Readonly<Record<string, readonly string[]>> = {
  task: [],
  reference: [],
  extraction: ["task/fair-places.ts"],
  outgoing: [],
  models: ["task", "reference"],
  guardrails: ["task", "models", "reference"],
  "models/offline": ["models", "reference", "task/fair-places.ts"],
  retrieval: ["task", "reference"],
  store: ["task", "retrieval"],
  "store/codec": ["task", "store/*"],
  engine: ["task", "store"],
  verbs: ["task"],
  "verbs/implementation": ["task", "store/*", "engine/*", "verbs/*"],
  handlers: ["task", "models", "reference", "guardrails"],
  "handlers/documents": [
    "task",
    "models",
    "guardrails",
    "reference",
    "retrieval",
    "handlers/agent",
    "extraction/extraction.ts",
    "store/chunk-store.ts",
    "store/document-store.ts",
  ],
  delivery: ["task", "store/*", "engine/clock.ts", "outgoing/guarded-client.ts", "outgoing/reach.ts"],
  lenses: ["task", "verbs/*"],
  metrics: ["task", "models/model.ts", "models/embedding.ts", "http/metrics.ts", "http/duration-histogram.ts"],
  telemetry: [
    "task",
    "models/model.ts",
    "models/embedding.ts",
    "metrics/label-bound.ts",
    "engine/execution/current-place.ts",
    "engine/execution/attempt-port.ts",
    "http/metrics.ts",
    "http/duration-histogram.ts",
  ],
  http: [
    "task",
    "verbs/*",
    "lenses/incoming.ts",
    "lenses/lens.ts",
    "lenses/lens-parts.ts",
    "lenses/mount.ts",
    "lenses/secrets.ts",
    "lenses/send-bytes.ts",
    "lenses/short-routes.ts",
    "lenses/body/json-text-end.ts",
    "lenses/body/number-texts.ts",
    "lenses/body/body-pace.ts",
    "lenses/body/well-formed.ts",
    "lenses/quota.ts",
  ],
};
/** They know every concrete class: siblings meet here. */
const MAY_SEE_EVERYTHING: ReadonlySet<string> = new Set(["cli", "parts", "main.ts"]);
/** What the other files beside `main.ts` may see: a configuration names what it declares, a greeting the doors it opens. */
const ROOT_FILES_MAY_SEE = [
  "task",
  "models",
  "guardrails",
  "handlers",
  "http",
  "lenses",
  "outgoing",
  "delivery",
  "verbs",
  "telemetry/settings.ts",
  // The public face opens an engine with it.
  "parts/in-process.ts",
];
/** Packages that one place alone talks to. */
const PACKAGE_HOMES: Readonly<Record<string, readonly string[]>> = {
  "better-sqlite3": ["store"],
  "@ai-sdk/": ["models"],
  fastify: ["http", "lenses"],
  "@fastify/busboy": ["lenses"],
  commander: ["cli"],
  "prom-client": ["http"],
  "@opentelemetry/": ["telemetry"],
  "fraction.js": ["reference"],
  "countries-list": ["reference"],
  "gpt-tokenizer": ["reference"],
  "libphonenumber-js": ["guardrails"],
  cuss: ["guardrails"],
  chardet: ["extraction"],
  eld: ["extraction"],
  saxes: ["extraction", "lenses"],
  "@hyzyla/pdfium": ["extraction"],
  "tesseract.js-core": ["extraction"],
  undici: ["outgoing", "models"],
  "@a2a-js/sdk": ["handlers", "lenses"],
  "@waybill/sdk": ["cli"],
};

type Source = { path: string; text: string; imports: string[] };

const sources = ["server/src", "sdk/src", "dashboard/src"].flatMap((folder) => sourcesOf(folder));
/** What people write and read, tests and tools included. */
const written = [
  ...sources,
  ...["server/test", "bench", "scripts", "examples"].flatMap((folder) => sourcesOf(folder)),
].filter(({ path }) => !/\/(generated|fixtures|node_modules)\//.test(path));
const product = sources.filter(({ path }) => !isTest(path));
const server = product.filter(({ path }) => path.startsWith("server/src/"));

function sourcesOf(folder: string): Source[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|tsx|js|mjs)$/.test(entry.name))
    .map((entry) => {
      const path = relative(ROOT, join(entry.parentPath, entry.name)).split(sep).join("/");
      const text = readFileSync(join(ROOT, path), "utf8");
      return { path, text, imports: importsOf(text) };
    });
}

function importsOf(text: string): string[] {
  const forms = /(?:^|[\s;}])(?:from|import)\s*\(?\s*["']([^"'\n]+)["']/g;
  return [...withoutComments(text).matchAll(forms)].flatMap(([, name]) => (name === undefined ? [] : [name]));
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/^\s*\/\/.*$/gm, "");
}

function isTest(path: string): boolean {
  return /\.(test|suite|fixture)\.tsx?$/.test(path) || /\/(fixtures|generated|suite)\//.test(path);
}

/** A path inside server/src as its import reads from there: `store/sqlite/open.ts`. */
function inServer(path: string): string {
  return path.slice("server/src/".length);
}

function placeOf(path: string): string {
  return inServer(path).split("/")[0] ?? "";
}

function targetOf({ path }: Source, name: string): string {
  return normalize(join(dirname(path), name))
    .split(sep)
    .join("/");
}

function targetsOf(source: Source): string[] {
  return source.imports.filter((name) => name.startsWith(".")).map((name) => targetOf(source, name));
}

/** All that runs when a file does, by path: what is imported for its types alone does not. */
function loadedBy(path: string): Map<string, Source> {
  const loaded = new Map<string, Source>();
  const follow = (path: string) => {
    const source = sources.find((each) => each.path === path);
    if (!source || loaded.has(path)) return;
    const imports = importsOf(source.text.replaceAll(/^(import|export) type [\s\S]*?;$/gm, ""));
    loaded.set(path, { ...source, imports });
    for (const target of targetsOf({ ...source, imports })) follow(target);
  };
  follow(path);
  return loaded;
}

function allowed(path: string): readonly string[] {
  const rows = Object.keys(MAY_SEE).filter((folder) => inServer(path).startsWith(`${folder}/`));
  const row = rows.sort((a, b) => b.length - a.length)[0];
  return [...(row === undefined ? ROOT_FILES_MAY_SEE : (MAY_SEE[row] ?? [])), row ?? placeOf(path)];
}

/** The files beside the lenses' folders, but for the list of lenses, and how bodies are read. */
function isLensKit(target: string): boolean {
  return /^lenses\/(body\/)?[^/]+\.ts$/.test(target) && target !== "lenses/index.ts";
}

function mayImport(from: string, to: string): boolean {
  const place = placeOf(from);
  if (MAY_SEE_EVERYTHING.has(place)) return true;
  const target = inServer(to);
  if (place.endsWith(".ts") && !target.includes("/") && target !== "main.ts") return true;
  return allowed(from).some((place) =>
    place.endsWith("/*") ? dirname(target) === dirname(place) : target === place || target.startsWith(`${place}/`),
  );
}

describe("the arrow", () => {
  test("every folder of the server stands in the table", () => {
    const folders = new Set(server.map(({ path }) => placeOf(path)).filter((place) => !place.endsWith(".ts")));
    expect([...folders].filter((folder) => MAY_SEE[folder] === undefined && !MAY_SEE_EVERYTHING.has(folder))).toEqual(
      [],
    );
  });

  test("each folder imports only what it may see", () => {
    const wrong = server.flatMap((source) =>
      source.imports
        .filter((name) => name.startsWith("."))
        .map((name) => targetOf(source, name))
        .filter((target) => !mayImport(source.path, target))
        .map((target) => `${source.path} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  test("what callers may do does not know who does it", () => {
    const interfaces = server.filter(({ path }) => dirname(path) === "server/src/verbs");
    expect(interfaces.length).toBeGreaterThan(0);
    expect(interfaces.flatMap(targetsOf).filter((target) => target.includes("/verbs/implementation/"))).toEqual([]);
  });

  test("no lens imports another one, and the kit beside them imports none: the list alone does", () => {
    const wrong = server
      .filter(({ path }) => placeOf(path) === "lenses" && inServer(path) !== "lenses/index.ts")
      .flatMap((source) => {
        const [, lens = ""] = inServer(source.path).split("/");
        return source.imports
          .filter((name) => name.startsWith("."))
          .map((name) => inServer(targetOf(source, name)))
          .filter((target) => target.startsWith("lenses/"))
          .filter((target) => !target.startsWith(`lenses/${lens}/`) && !isLensKit(target))
          .map((target) => `${source.path} imports ${target}`);
      });
    expect(wrong).toEqual([]);
  });

  test("nobody outside the store knows which database keeps the data", () => {
    const wrong = server
      .filter(({ path }) => placeOf(path) !== "store")
      .flatMap((source) =>
        targetsOf(source)
          .filter((target) => /^store\/(sqlite|codec)\//.test(inServer(target)))
          .map((target) => `${source.path} imports ${target}`),
      );
    expect(wrong).toEqual([]);
  });

  test("the sdk and the dashboard import nothing of the server, and the sdk no package at all", () => {
    const wrong = product
      .filter(({ path }) => !path.startsWith("server/"))
      .flatMap((source) =>
        source.imports
          .filter((name) => {
            if (name.startsWith(".")) return !targetOf(source, name).startsWith(`${source.path.split("/")[0]}/`);
            return !(source.path.startsWith("dashboard/") && /^@waybill\/sdk(\/|$)/.test(name));
          })
          .map((name) => `${source.path} imports ${name}`),
      );
    expect(wrong).toEqual([]);
  });

  test("each package is talked to in its own place", () => {
    const wrong = server.flatMap((source) =>
      source.imports.flatMap((name) => {
        const homes = Object.entries(PACKAGE_HOMES).find(
          ([known]) => name === known || name.startsWith(known.endsWith("/") ? known : `${known}/`),
        )?.[1];
        if (homes === undefined || homes.includes(placeOf(source.path)) || MAY_SEE_EVERYTHING.has(placeOf(source.path)))
          return [];
        return [`${source.path} imports ${name}`];
      }),
    );
    expect(wrong).toEqual([]);
  });
});

test("what callers name is connected to by one client alone; models are where the operator says", () => {
  const connects =
    /from "undici"|[^.\w]fetch\(|\b(?:request|get|connect|createConnection)\b[^;]* from "node:(?:https?|net|tls|http2|dgram)"/;
  const found = server
    .map(({ path, text }) => ({ place: inServer(path), text: withoutComments(text) }))
    .filter(({ place, text }) => !/^(cli|models)\//.test(place) && connects.test(text));
  // The first is handed the guarded client as its fetch.
  expect(found.map(({ place }) => place).sort()).toEqual([
    "handlers/remote-agent/remote-client.ts",
    "outgoing/guarded-client.ts",
  ]);
});

describe("a thread or process beside the server", () => {
  test.each([
    "extraction/language-entry.ts",
    "extraction/reader-entry.ts",
    "guardrails/offline/detection-worker.ts",
    "handlers/documents/text-worker.ts",
    "http/body/parser-worker.ts",
    "models/offline/worker.ts",
    "models/token-worker.ts",
    "store/sqlite/thread/worker.ts",
  ])("that begins in %s loads no schemas, which would take most of the time of its start", (entry) => {
    const loaded = loadedBy(`server/src/${entry}`);
    expect(loaded.size).toBeGreaterThan(0);
    expect([...loaded.values()].filter(({ imports }) => imports.includes("zod")).map(({ path }) => path)).toEqual([]);
  });

  test("has a file of its own in the bundle", () => {
    const [known = ""] = readFileSync(join(ROOT, "knip.jsonc"), "utf8").split('"dashboard": {');
    const entries = [...known.matchAll(/"src\/([\w/-]+)\.ts"/g)].map(([, entry]) => entry);
    expect(entries).toContain("store/sqlite/thread/worker");
    const made = readFileSync(join(ROOT, "scripts/bundle.mjs"), "utf8");
    expect(entries.filter((entry) => !entry?.includes("suite/") && !made.includes(`"${entry}"`))).toEqual([]);
  });
});

describe("a cycle", () => {
  test("of imports exists nowhere, neither at run time nor by type", () => {
    expect(cyclesOf(new Map(product.map((source) => [source.path, targetsOf(source)])))).toEqual([]);
  });

  test("is found where there is one", () => {
    const cycles = cyclesOf(
      new Map([
        ["a", ["b", "d"]],
        ["b", ["c"]],
        ["c", ["a"]],
        ["d", ["c"]],
        ["e", ["d"]],
        ["f", ["f"]],
      ]),
    );
    expect(cycles).toEqual([["a", "b", "c", "d"], ["f"]]);
  });
});

describe("what all engines share", () => {
  test("knows none of them", () => {
    const wrong = server
      .filter(({ path }) => /^engine\/(execution\/)?[^/]+\.ts$/.test(inServer(path)))
      .flatMap((source) => targetsOf(source).map((target) => `${source.path} imports ${target}`))
      .filter((each) => each.includes("imports server/src/engine/embedded/"));
    expect(wrong).toEqual([]);
  });
});

describe("task/", () => {
  const pure = server.filter(({ path }) => placeOf(path) === "task");

  test("uses no package but zod, and nothing of Node.js", () => {
    const wrong = pure.flatMap(({ path, imports }) =>
      imports.filter((name) => !name.startsWith(".") && name !== "zod").map((name) => `${path} imports ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  test("has no clock, no chance, no timer and no I/O", () => {
    const impure =
      /\bDate\.now\b|\bnew Date\(\s*\)|\bMath\.random\b|\bperformance\.|\bcrypto\.|\bset(?:Timeout|Interval|Immediate)\b|\bprocess\.|\bfetch\(|\bconsole\./;
    expect(pure.filter(({ text }) => impure.test(withoutComments(text))).map(({ path }) => path)).toEqual([]);
  });
});

describe("a file", () => {
  test(`has at most ${FILE_LINES_MAX} lines`, () => {
    const long = written
      .map(({ path, text }) => ({ path, lines: text.split("\n").length - 1 }))
      .filter(({ lines }) => lines > FILE_LINES_MAX);
    expect(long).toEqual([]);
  });

  test(`has no function over ${FUNCTION_LINES_MAX} lines`, () => {
    const long = written.flatMap(({ path, text }) =>
      functionLengths(text)
        .filter(({ head, lines }) => lines > FUNCTION_LINES_MAX && !TABLES.has(head))
        .map(({ line, lines }) => `${path}:${line} has ${lines} lines`),
    );
    expect(long).toEqual([]);
  });

  test("is read function by function, lists of tests apart", () => {
    const text = [
      'describe("all", () => {',
      '  it("one", async () => {',
      "    await one();",
      "  });",
      "});",
      "function twice(",
      "  n: number,",
      "): number {",
      "  if (n > 1) {",
      "    return [n].map((n) => {",
      "      return 2 * n;",
      "    })[0];",
      "  }",
      "}",
    ].join("\n");
    expect(functionLengths(text).map(({ line, lines }) => [line, lines])).toEqual([
      [2, 3],
      [8, 7],
      [10, 3],
    ]);
  });

  test("casts nothing to a type that a schema could have proved", () => {
    const cast = /[\w)\]}"'] as (?!const\b|unknown\b)[A-Za-z{]/;
    // `[Key in … as …]` names a key of a type, and casts nothing.
    const named = /^\s*(import|export) [\s\S]*?from .*$|"[^"\n]*"|'[^'\n]*'|`[^`]*`|\/\/.*$|\[\w+ in .* as .*\]/gm;
    const wrong = written
      .filter(({ path }) => !path.startsWith("bench/") && !CASTS.has(path))
      .filter(({ text }) => cast.test(withoutComments(text).replaceAll(named, '""')));
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });

  test("is named for its noun", () => {
    const folders = sources.flatMap(({ path }) => dirname(path).split("/"));
    const names = sources.map(({ path }) => basename(path));
    expect([...new Set([...folders, ...names])].filter((name) => UNFOUND_NOUNS.test(name))).toEqual([]);
  });
});
