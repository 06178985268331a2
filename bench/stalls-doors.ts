/**
 * Looks for requests that hold the event loop: each field of each JSON body of every API is given what is heavy near its bounds,
 * and each request after which the main thread had worked for long at once, twice in a row, is printed.
 *
 *   node bench/stalls-doors.ts [pattern of "POST /v1/tasks" [milliseconds]]
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { isJsonObject, type JsonObject } from "../server/src/task/json/json.ts";
import { freePort, Server } from "./server.ts";

const [pattern = "", over = "45"] = process.argv.slice(2);
const OVER_MS = Number(over);
const BYTES = 3_900_000;
const SAMPLE_DEPTH_MAX = 6;
/** Longer than the watch lets pass between two looks. */
const WATCH_MS = 15;
const DOCUMENTS = ["", "/shannon", "/documents", "/orchestrate", "/a2a", "/bpm/api/4.0"];
const METHODS = ["post", "put", "patch"];

const text = (of: string, bytes = BYTES) => of.repeat(Math.floor(bytes / Buffer.byteLength(of)));
const list = <Item>(length: number, item: (n: number) => Item) => Array.from({ length }, (_, n) => item(n));
const HEAVY: Record<string, unknown> = {
  numbers: list(99_000, (n) => n),
  texts: list(99_000, (n) => `t${n}`),
  objects: list(33_000, (n) => ({ type: "text", text: `x${n}` })),
  parts: list(24_000, () => ({ kind: "text", role: "user", content: "hello" })),
  keys: Object.fromEntries(list(9_900, (n) => [`k${n}`, n])),
  "many keys": list(9, (n) => Object.fromEntries(list(9_900, (key) => [`k${n} ${key}`, key]))),
  dots: text(". "),
  dashes: text("-"),
  quotes: text('"', BYTES / 2),
  wide: text("語"),
  words: text("Anna lives in Berlin, 3.4 miles away. "),
  addresses: text("a@b."),
};
const bodies = Object.entries(HEAVY).map(([name, value]) => [name, JSON.stringify(value)] as const);
/** In the place of what is heavy, which is written once. */
const PLACE = "@@heavy@@";

const folder = await mkdtemp(path.join(tmpdir(), "waybill-doors-"));
const worked = path.join(folder, "worked");
await writeFile(worked, "");
const server = new Server(path.join(folder, "data"), await freePort(), {
  flags: ["--config", fileURLToPath(new URL("stalls.config.ts", import.meta.url)), "--log-level", "error"],
  env: { WAYBILL_STALLS: worked },
  node: ["--import", fileURLToPath(new URL("stalls-watch.ts", import.meta.url))],
});

type Door = { name: string; method: string; url: string; type: string; schema: unknown; document: JsonObject };

function at(value: unknown, ...keys: string[]): unknown {
  return keys.reduce((found: unknown, key) => (isJsonObject(found) ? found[key] : undefined), value);
}

async function* doors(task: string): AsyncGenerator<Door> {
  for (const prefix of DOCUMENTS) {
    const document: unknown = await (await fetch(`${server.url}${prefix}/openapi.json`)).json();
    if (!isJsonObject(document)) continue;
    for (const [route, operations] of Object.entries(Object(at(document, "paths"))))
      for (const method of METHODS) {
        const content = at(operations, method, "requestBody", "content");
        const type = Object.keys(Object(content)).find((known) => known.includes("json"));
        if (type === undefined) continue;
        const name = `${method.toUpperCase()} ${prefix}${route}`;
        const url =
          server.url + prefix + route.replaceAll(/\{[^}]*\}/g, (of) => (/task|\{id/i.test(of) ? task : "noop"));
        if (name.includes(pattern)) yield { name, method, url, type, schema: at(content, type, "schema"), document };
      }
  }
}

function resolved(schema: unknown, document: JsonObject): JsonObject {
  const reference = at(schema, "$ref");
  if (typeof reference === "string") return resolved(at(document, ...reference.slice(2).split("/")), document);
  return isJsonObject(schema) ? schema : {};
}

/** A value of the schema with no more than it must have. */
function sample(schema: unknown, document: JsonObject, depth = 0): unknown {
  const of = resolved(schema, document);
  const [either] = [of["oneOf"] ?? of["anyOf"] ?? of["enum"]].flat();
  if (of["const"] !== undefined || of["default"] !== undefined) return of["const"] ?? of["default"];
  if (either !== undefined)
    return isJsonObject(either) && depth < SAMPLE_DEPTH_MAX ? sample(either, document, depth + 1) : either;
  const must = depth < SAMPLE_DEPTH_MAX ? [of["required"] ?? []].flat() : [];
  const [type] = [of["type"]].flat();
  if (type === "object")
    return Object.fromEntries(must.map((key) => [key, sample(at(of, "properties", String(key)), document, depth + 1)]));
  if (type === "array") return Number(of["minItems"] ?? 0) > 0 ? [sample(of["items"], document, depth + 1)] : [];
  return type === "integer" || type === "number" ? (of["minimum"] ?? 1) : type === "boolean" ? true : "hello";
}

/** Each body with one field that is heavy, and one that is heavy itself. */
function* requests({ schema, document }: Door): Generator<[place: string, body: string]> {
  yield ["", JSON.stringify(PLACE)];
  const usual = Object(sample(schema, document));
  for (const [field, own] of Object.entries(Object(resolved(schema, document)["properties"]))) {
    yield [field, JSON.stringify({ ...usual, [field]: PLACE })];
    const within = sample(own, document);
    for (const inner of Object.keys(Object(resolved(own, document)["properties"])))
      yield [`${field}.${inner}`, JSON.stringify({ ...usual, [field]: { ...Object(within), [inner]: PLACE } })];
  }
}

/** How long the main thread worked at once meanwhile, at most. */
async function longestTurn({ method, url, type }: Door, body: string): Promise<{ status: number; ms: number }> {
  await writeFile(worked, "");
  const headers = { "content-type": type, "a2a-version": "1.0" };
  const answer = await fetch(url, { method: method.toUpperCase(), headers, body });
  await answer.arrayBuffer();
  await new Promise((resolve) => setTimeout(resolve, WATCH_MS));
  const turns = (await readFile(worked, "utf8")).matchAll(/^(\d+) main$/gm);
  return { status: answer.status, ms: Math.max(0, ...Array.from(turns, ([, ms]) => Number(ms))) };
}

try {
  await server.ready();
  const made = await fetch(`${server.url}/v1/tasks`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ kind: "deaf", input: {} }),
  });
  let asked = 0;
  for await (const door of doors(String(at(await made.json(), "id"))))
    for (const [place, body] of requests(door))
      for (const [name, heavy] of bodies) {
        const sent = body.replace(JSON.stringify(PLACE), () => heavy);
        asked += 1;
        const first = await longestTurn(door, sent);
        if (first.ms < OVER_MS) continue;
        const again = await longestTurn(door, sent);
        if (again.ms < OVER_MS) continue;
        process.stdout.write(`${first.ms} and ${again.ms} ms: ${again.status} ${door.name} [${place}] ${name}\n`);
      }
  process.stdout.write(`${asked} requests\n`);
} finally {
  await server.end("SIGKILL");
  await rm(folder, { recursive: true, force: true });
}
