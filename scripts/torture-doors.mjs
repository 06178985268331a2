// Attacks the doors of a server: text, methods, dropped connections, secrets, a stranger's folder. A part of scripts/torture.mjs. The
// tests have each of these too: `ill-formed-text`, `methods`, `providers`, `app`, `hostile-folders`.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, request } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { NODE, startServer } from "./start-server.mjs";
import { tell } from "./torture-row.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const WAYBILL = join(ROOT, "server/bin/waybill.js");
const PROVIDER_KEY = "house-key-4711-never-to-be-seen";

const folder = await mkdtemp(join(tmpdir(), "waybill-torture-"));

/** Of bytes that a client would not send; the status and the words of the answer. */
function ask(server, method, path, { headers = {}, body = "" } = {}) {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, method, path, headers }, async (response) => {
      let text = "";
      for await (const chunk of response) text += chunk;
      resolve({ status: response.statusCode, headers: response.headers, text });
    });
    sent.on("error", reject).end(Buffer.from(body, "latin1"));
  });
}

const JSON_TYPE = { "content-type": "application/json" };
const DOORS = {
  "/v1/tasks": (text) => `{"input":{"query":"${text}"}}`,
  "/shannon/api/v1/tasks": (text) => `{"query":"${text}"}`,
  "/documents/v1/vector_stores": (text) => `{"name":"${text}"}`,
  "/orchestrate/v1/orchestrate/runs": (text) => `{"message":{"role":"user","content":"${text}"}}`,
  "/a2a": (text) =>
    `{"jsonrpc":"2.0","id":1,"method":"SendMessage","params":{"message":{"messageId":"m","role":"ROLE_USER","parts":[{"text":"${text}"}]}}}`,
  "/bpm/api/4.0/tasks/todoTask": (text) => `{"title":"${text}"}`,
};
const ILL = [
  "a\xff",
  "\xc0\x80",
  "\xed\xa0\x80",
  "\xf4\x90\x80\x80",
  "\xe2\x82",
  "\\ud83d",
  "\\ude00\\ud83d",
  "a\\u0000b",
];
const ILL_ENCODED = ["%FF", "%C0%80", "%ED%A0%80", "%00", "%zz"];

async function illFormedText(server) {
  let sent = 0;
  let refused = 0;
  const count = ({ status, text }, isNobodys = false) => {
    sent += 1;
    if (status === 400 || isNobodys || (status === 200 && /"code":-32700/.test(text))) refused += 1;
  };
  for (const [path, body] of Object.entries(DOORS)) {
    for (const text of ILL) count(await ask(server, "POST", path, { headers: JSON_TYPE, body: body(text) }));
    for (const text of ILL_ENCODED) {
      count(await ask(server, "GET", `${path}?q=${text}`));
      // Nothing has such a name, and a read by it may say so, as its contract does.
      const read = await ask(server, "GET", `${path}/${text}`);
      count(read, read.status === 404 || read.status === 405);
      count(await ask(server, "DELETE", `${path}/${text}`));
    }
    for (const name of ["idempotency-key", "last-event-id", "x-api-key"]) {
      count(await ask(server, "GET", path, { headers: { [name]: "a\xff" } }));
    }
  }
  const tried =
    "bytes that are no UTF-8, overlong ones, halves of pairs and NUL in bodies, paths, queries and headers of six APIs";
  tell("text that is none", tried, `${refused} of ${sent} refused, or a read by it finds nothing`, refused === sent);
}

async function wrongMethods(server) {
  let sent = 0;
  let told = 0;
  for (const document of ["", "/shannon", "/documents", "/orchestrate", "/a2a", "/bpm/api/4.0"]) {
    const { paths } = JSON.parse((await ask(server, "GET", `${document}/openapi.json`)).text);
    for (const [path, operations] of Object.entries(paths)) {
      const at = document + path.replaceAll(/\{\w+\}/g, "x");
      for (const method of ["PUT", "PATCH", "DELETE", "QUERY"].filter((name) => !(name.toLowerCase() in operations))) {
        const { status, headers } = await ask(server, method, at, { headers: { "content-type": "text/plain" } });
        sent += 1;
        if (status === 405 && headers.allow !== undefined) told += 1;
      }
    }
  }
  tell(
    "methods that a path has not",
    "each path of each OpenAPI document with PUT, PATCH, DELETE and QUERY",
    `${told} of ${sent} are 405 with \`Allow\``,
    told === sent,
  );
}

async function dropped(server) {
  const { port } = new URL(server.url);
  const head = (path, type) =>
    `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${type}\r\ncontent-length: 9000\r\n\r\n`;
  const form = "multipart/form-data; boundary=cut";
  const starts = [
    `${head("/v1/tasks", "application/json")}{"half":`,
    `${head("/v1/files", form)}--cut\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\nabc`,
    `${head("/a2a", "application/json")}{"jsonrpc":`,
    `${head("/orchestrate/v1/orchestrate/runs", "application/json")}{"mess`,
    `${head("/shannon/api/v1/tasks", "application/json")}{"query":`,
    "GET /v1/tasks/task_00000000000000000000000000?wait=60 HTTP/1.1\r\nhost: localhost\r\n\r\n",
  ];
  const before = server.said().length;
  for (const start of starts) {
    for (const leave of ["destroy", "resetAndDestroy"]) {
      const socket = connect(Number(port), "127.0.0.1").on("error", () => {});
      await new Promise((resolve) => socket.write(start, "latin1", resolve));
      await sleep(50);
      socket[leave]();
    }
  }
  await sleep(500);
  const errors =
    server
      .said()
      .slice(before)
      .match(/"level":(50|60)/g) ?? [];
  tell(
    "callers who hang up",
    `${starts.length * 2} connections that break in a body or a wait`,
    `${errors.length} error lines`,
    errors.length === 0,
  );
}

async function providerKey(server) {
  const json = { headers: JSON_TYPE, body: '{"input":{"query":"Hello","model":"house:any"}}' };
  const { text } = await ask(server, "POST", "/v1/tasks?wait=60", json);
  const { id, state } = JSON.parse(text);
  const shown = [text, (await ask(server, "GET", `/v1/tasks/${id}/events`)).text, server.said()];
  const isIn = shown.filter((each) => each.includes(PROVIDER_KEY)).length;
  const hidden = shown.some((each) => each.includes("[hidden]"));
  const tried = "a provider that refuses with the key of the configuration in its words";
  tell(
    "keys of providers",
    tried,
    `${isIn} of task, events and log have it; the task is ${state}`,
    isIn === 0 && hidden,
  );
}

async function addressWithKey(server) {
  const { text } = await ask(server, "POST", "/shannon/api/v1/tasks", {
    headers: JSON_TYPE,
    body: '{"query":"1 + 1"}',
  });
  const { task_id: id } = JSON.parse(text);
  const { status, headers } = await ask(server, "GET", `/shannon/api/v1/tasks/${id}/stream?api_key=sk_test_123456`);
  tell(
    "keys in addresses",
    "a stream whose key is in the query",
    `${status}, no \`Location\``,
    status === 200 && headers.location === undefined,
  );
}

async function hostileFolder() {
  const ran = join(folder, "ran");
  await writeFile(
    join(folder, "waybill.config.js"),
    `import { writeFileSync } from "node:fs"; writeFileSync(${JSON.stringify(ran)}, ""); export default {};`,
  );
  const said = execFileSync(NODE, [WAYBILL, "doctor", "--data", join(folder, "none")], {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  await rm(join(folder, "waybill.config.js"));
  const isTold = said.includes("was not run");
  tell(
    "`doctor` in a stranger's folder",
    "a waybill.config.js that writes a file",
    existsSync(ran) ? "it ran" : "not run, and said so",
    !existsSync(ran) && isTold,
  );
}

/** Refuses as some servers do, with what it was sent. */
const provider = createServer((asked, answer) => {
  answer
    .writeHead(401, JSON_TYPE)
    .end(JSON.stringify({ error: { message: `Wrong key: ${asked.headers.authorization}` } }));
});
await new Promise((resolve) => provider.listen(0, "127.0.0.1", resolve));
const baseUrl = `http://127.0.0.1:${provider.address().port}/v1`;
const configuration = {
  models: { offlineWordsPerS: 0, providers: { house: { type: "openai-compatible", baseUrl, apiKey: PROVIDER_KEY } } },
};
await writeFile(join(folder, "waybill.config.json"), JSON.stringify(configuration));
const server = await startServer({ flags: ["--no-reload"], cwd: folder });
try {
  await illFormedText(server);
  await wrongMethods(server);
  await dropped(server);
  await providerKey(server);
  await addressWithKey(server);
  await hostileFolder();
} finally {
  provider.close();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}
