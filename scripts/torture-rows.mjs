// Asks a server for what is somebody else's: every operation of every OpenAPI document that names something, with each id of a
// victim, by a stranger of the same tenant and one of another. The tests have it too: `callers`. A part of scripts/torture.mjs.
import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { NODE, startServer } from "./start-server.mjs";
import { tell } from "./torture-row.mjs";

const BIN = fileURLToPath(new URL("../server/bin/waybill.js", import.meta.url));
const DOCUMENTS = ["", "/shannon", "/documents", "/orchestrate", "/a2a", "/bpm/api/4.0"];
const WORD = "treasure";
/** More than anybody may ask in a minute: what is looked for is not how many. */
const CONFIGURATION = { shares: { key: { requestsPerMinute: 1_000_000 }, tenant: { requestsPerMinute: 1_000_000 } } };

const folder = await mkdtemp(join(tmpdir(), "waybill-torture-"));
const data = join(folder, "data");
await writeFile(join(folder, "waybill.config.json"), JSON.stringify(CONFIGURATION));

function newKey(...flags) {
  return execFileSync(NODE, [BIN, "keys", "create", "--data", data, "--scope", "tasks,work", ...flags], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  }).trim();
}

async function ask(server, key, method, path, body) {
  const answer = await fetch(server.url + path, {
    method,
    redirect: "manual",
    signal: AbortSignal.timeout(10_000),
    headers: {
      authorization: `Bearer ${key}`,
      "a2a-version": "1.0",
      ...(body !== undefined && !(body instanceof FormData) && { "content-type": "application/json" }),
    },
    ...(body !== undefined && { body: body instanceof FormData ? body : JSON.stringify(body) }),
  });
  return { status: answer.status, text: await answer.text() };
}

/** What a victim has: each by where its owner reads it. */
async function belongings(server, victim) {
  const made = async (path, body) => JSON.parse((await ask(server, victim, "POST", path, body)).text);
  const file = new FormData();
  file.append("file", new File([`${WORD} map`], `${WORD}.txt`, { type: "text/plain" }));
  const task = await made("/v1/tasks", {
    kind: "external",
    input: { queue: "q", payload: WORD },
    metadata: { is: WORD },
    conversation: { alias: `${WORD}s` },
  });
  const places = {
    [`/v1/tasks/${task.id}`]: task.id,
    [`/v1/conversations/${task.conversation_id}`]: task.conversation_id,
    [`/v1/files/${(await made("/v1/files", file)).id}`]: null,
    [`/v1/vector-stores/${(await made("/v1/vector-stores", { name: WORD })).id}`]: null,
    [`/v1/webhooks/${(await made("/v1/webhooks", { url: `https://example.com/${WORD}` })).id}`]: null,
  };
  const ids = Object.entries(places).map(([path, id]) => id ?? path.split("/").at(-1));
  return { paths: Object.keys(places), ids: [...ids, String(task.number ?? 1)] };
}

async function operations(server) {
  const found = [];
  for (const mount of DOCUMENTS) {
    const { paths } = await (await fetch(`${server.url}${mount}/openapi.json`)).json();
    for (const [path, item] of Object.entries(paths))
      for (const [method, operation] of Object.entries(item))
        if (operation["x-scope"] !== undefined && path.includes("{") && operation["x-scope"] !== "admin")
          found.push({ method: method.toUpperCase(), path: mount + path });
  }
  return found;
}

async function strangers(server, victim, foreign) {
  const { paths, ids } = await belongings(server, victim);
  const seen = () => Promise.all(paths.map((path) => ask(server, victim, "GET", path)));
  let before = await seen();
  // A file is read in a process of its own, which changes what its owner sees of it.
  for (; before.some(({ text }) => text.includes('"status":"uploaded"')); before = await seen()) await sleep(200);
  const all = await operations(server);
  let sent = 0;
  const told = [];
  for (const key of foreign)
    for (const { method, path } of all)
      for (const id of ids) {
        const at = path.replaceAll(/\{\w+\}/g, id);
        const { text } = await ask(server, key, method, at, method === "GET" ? undefined : {});
        sent += 1;
        if (text.includes(WORD)) told.push(`${method} ${path}`);
      }
  const after = await seen();
  const changed = before.filter(({ status, text }, at) => status !== 200 || text !== after[at].text).length;
  tell(
    "rows of others",
    `${all.length} operations of six OpenAPI documents that name something, with ${ids.length} ids of a victim, by a stranger of its tenant and one of another`,
    `${sent} requests: ${told.length} answers have a word of it, ${changed} of its ${paths.length} things changed${told.length > 0 ? ` (${told[0]})` : ""}`,
    sent > 1_000 && told.length === 0 && changed === 0,
  );
}

async function lists(server, foreign) {
  const asked = [
    ...["/v1/tasks", "/v1/conversations", "/v1/files", "/v1/vector-stores", "/v1/webhooks", "/v1/keys"],
    ...[`/v1/tasks?q=${WORD}`, "/shannon/api/v1/tasks", "/shannon/api/v1/sessions", "/documents/v1/files"],
    ...["/documents/v1/vector_stores", "/orchestrate/v1/orchestrate/runs", "/orchestrate/v1/threads", "/a2a/tasks"],
    "/bpm/api/4.0/tasks",
  ];
  let told = 0;
  let answered = 0;
  for (const key of foreign)
    for (const path of asked) {
      const { status, text } = await ask(server, key, "GET", path);
      if (status === 200) answered += 1;
      if (text.includes(`${WORD}s`) || text.includes(`"${WORD}`)) told += 1;
    }
  tell(
    "lists and searches of others",
    `${asked.length} of six APIs, by the same two`,
    `${answered} of ${asked.length * foreign.length} answered, ${told} with something of the victim's`,
    told === 0 && answered >= asked.length,
  );
}

const victim = newKey("--user", "victim");
const foreign = [newKey("--user", "eve"), newKey("--user", "victim", "--tenant", "other")];
const server = await startServer({ mode: "serve", data, cwd: folder });
try {
  await strangers(server, victim, foreign);
  await lists(server, foreign);
} finally {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}
