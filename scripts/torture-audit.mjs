// Attacks the audit log of a server: guesses keys, and then changes what the database holds of it. A part of scripts/torture.mjs.
// The tests have each of these too: `refused-calls`, `audit-check`, and a kill in `audit`.
import { execFileSync, spawnSync } from "node:child_process";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { NODE, startServer } from "./start-server.mjs";
import { tell } from "./torture-row.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const BIN = join(ROOT, "server/bin/waybill.js");
const GUESSES = 300;
const SUBMITS = 100;

const folder = await mkdtemp(join(tmpdir(), "waybill-torture-"));
const data = join(folder, "serve");

async function guesses(server, key) {
  const ask = (path, secret, json) =>
    fetch(server.url + path, {
      headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
      ...(json && { method: "POST", body: JSON.stringify(json) }),
    });
  const job = { kind: "external", input: { queue: "torture", payload: "treasure" } };
  await Promise.all(Array.from({ length: SUBMITS }, () => ask("/v1/tasks", key, job)));
  for (let n = 0; n < GUESSES; n++) await (await ask("/v1/me", `sk_guessed_${n}`)).arrayBuffer();
  const lines = await (await ask("/v1/audit/export", key)).text();
  const entries = lines
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const submits = entries.filter(({ act }) => act === "submit").length;
  const refused = entries.filter(({ act }) => act === "refused.key").length;
  const isSilent = !lines.includes("guessed") && !lines.includes("treasure");
  tell("submits", `${SUBMITS} at once`, `${submits} entries, none with what was said`, submits === SUBMITS && isSilent);
  tell(
    "guessed keys",
    `${GUESSES} from one address`,
    `${refused} entry, without a part of them`,
    refused === 1 && isSilent,
  );
}

function auditFinding(at) {
  const { stdout } = spawnSync(NODE, [BIN, "doctor", "--data", at, "--json"], { encoding: "utf8", cwd: folder });
  const found = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  return found.find(({ what }) => what === "Audit log") ?? { is: "missing", says: "" };
}

async function tampering(what, sql, says) {
  const copy = join(folder, "copy");
  await cp(data, copy, { recursive: true });
  const change = `const db = require("better-sqlite3")(process.argv[1]); db.exec(process.argv[2]); db.close();`;
  execFileSync(NODE, ["-e", change, join(copy, "waybill.sqlite"), sql], { cwd: join(ROOT, "server") });
  const finding = auditFinding(copy);
  await rm(copy, { recursive: true });
  tell(what, `\`${sql}\``, finding.says, finding.is === "bad" && finding.says.startsWith(says));
}

const key = execFileSync(NODE, [BIN, "keys", "create", "--data", data], {
  encoding: "utf8",
  stdio: ["ignore", "pipe", "ignore"],
}).trim();
const server = await startServer({ mode: "serve", data, cwd: folder });
try {
  await guesses(server, key);
} finally {
  await server.stop();
}
const { is, says } = auditFinding(data);
tell("nothing", "a log that nobody touched", says.replace(/, the last .*/, ""), is === "good");
await tampering("another user", "UPDATE audit SET user = 'eve' WHERE n = 7", "Audit entry 7 ");
await tampering("an entry taken out", "DELETE FROM audit WHERE n = 7", "Audit entry 7 is missing");
await tampering("the end cut off", "DELETE FROM audit WHERE n > 50", "Audit entries 51 to ");
await tampering("all of it gone", "DELETE FROM audit", "Audit entries 1 to ");
await rm(folder, { recursive: true, force: true });
