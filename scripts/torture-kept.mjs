// Attacks what lies on the disk: who may read it, backups that were changed, and what an erasure leaves. The tests have it too:
// `permissions`, `archive`, `erasure`, `erasure-kill`. A part of scripts/torture.mjs.
import { execFileSync, spawnSync } from "node:child_process";
import { chmod, lstat, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { storageOf } from "../server/src/store/open.ts";
import { NODE, startServer } from "./start-server.mjs";
import { tell } from "./torture-row.mjs";

const BIN = fileURLToPath(new URL("../server/bin/waybill.js", import.meta.url));
const PASSPHRASE = "correct horse battery staple";
/** A passphrase's work is made small, so that a hundred tries take seconds. */
const WORK = 4;
const SOON_MS = 60_000;
const ERASED = "qzerased";
const KEPT = "qzkept";
/** Long enough to lie in files of their own, and short. */
const FILLINGS = ["", "filling ".repeat(20_000)];

// A process whose files everybody may read and write, as far as it does not say otherwise.
process.umask(0);
const folder = await mkdtemp(join(tmpdir(), "waybill-torture-"));
await chmod(folder, 0o755);
const data = join(folder, "data");
const waybill = (...args) =>
  execFileSync(NODE, [BIN, ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();

async function entriesIn(place) {
  const found = await readdir(place, { recursive: true, withFileTypes: true });
  return [place, ...found.map(({ parentPath, name }) => join(parentPath, name))];
}

async function openIn(place) {
  const open = [];
  for (const entry of await entriesIn(place)) if (((await lstat(entry)).mode & 0o77) !== 0) open.push(entry);
  return open;
}

async function found(place, word) {
  let files = 0;
  for (const entry of await entriesIn(place))
    if ((await lstat(entry)).isFile() && (await readFile(entry)).includes(word)) files += 1;
  return files;
}

async function soon(is) {
  for (const until = Date.now() + SOON_MS; Date.now() < until; await sleep(100)) if (await is()) return true;
  return false;
}

async function ask(server, key, method, path, json) {
  const answer = await fetch(server.url + path, {
    method,
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json", "a2a-version": "1.0" },
    ...(json !== undefined && { body: JSON.stringify(json) }),
  });
  const text = await answer.text();
  return { status: answer.status, text, body: text.startsWith("{") ? JSON.parse(text) : {} };
}

async function live(server, key, word) {
  const submit = (filling, n) =>
    ask(server, key, "POST", "/v1/tasks", {
      kind: "external",
      input: { queue: "never", payload: `${word} ${n} ${filling}` },
      metadata: { is: `${word}metadata` },
      conversation: { alias: `${word}alias` },
    });
  const made = await Promise.all(
    FILLINGS.flatMap((filling) => Array.from({ length: 20 }, (_, n) => submit(filling, n))),
  );
  await ask(server, key, "POST", "/v1/vector-stores", { name: `${word}store` });
  await ask(server, key, "POST", "/v1/webhooks", { url: `https://example.com/${word}` });
  return made.map(({ body }) => body.id);
}

async function atRest(admin) {
  const open = await openIn(data);
  const entries = (await entriesIn(data)).length;
  tell(
    "the data folder under a wide umask",
    "a server and commands whose process lets everybody read and write what it makes",
    `${open.length} of ${entries} entries are open to others`,
    entries > 30 && open.length === 0,
  );
  for (const entry of await entriesIn(data)) await chmod(entry, (await lstat(entry)).isDirectory() ? 0o777 : 0o666);
  const report = isNamedByDoctor();
  const server = await startServer({ mode: "serve", data, cwd: folder });
  const isClosed = await soon(async () => (await openIn(data)).length === 0);
  const { status } = await ask(server, admin, "GET", "/v1/me");
  await server.stop();
  tell(
    "a data folder that is open to all",
    `chmod 777 and 666 on ${entries} entries, then \`doctor\` and a start`,
    `\`doctor\` ${report ? "names them" : "says nothing"}; after the start ${(await openIn(data)).length} are open`,
    report && isClosed && status === 200,
  );
}

function isNamedByDoctor() {
  // It ends with 1, as no server is there.
  const { stdout } = spawnSync(NODE, [BIN, "doctor", "--data", data, "--json"], { encoding: "utf8" });
  return stdout.includes('"Permissions"');
}

async function restored(archive, options) {
  const place = join(folder, "restored");
  await rm(place, { recursive: true, force: true });
  try {
    await storageOf({ data: place }).restore(archive, "torture", options);
    const tasks = (await storageOf({ data: place }).health()).problems.length === 0;
    return tasks ? "restored" : "unsound";
  } catch {
    return (await readdir(place)).length === 0 ? "refused" : "left something";
  }
}

/** Bytes that were harmed in one place, by what was done to them. */
function* harmed(whole) {
  for (let n = 1; n <= 40; n++) {
    const flipped = Buffer.from(whole);
    flipped[Math.floor((whole.length * n) / 41)] ^= 1 << (n % 8);
    yield flipped;
  }
  for (let n = 1; n <= 20; n++) yield whole.subarray(0, Math.floor((whole.length * n) / 21));
  yield whole.subarray(0, -1);
  yield Buffer.concat([whole, Buffer.from("x")]);
}

async function encryptedBackups() {
  const archive = join(folder, "all.tar.age");
  await storageOf({ data }).backup(archive, "torture", { passphrase: PASSPHRASE, passphraseWork: WORK });
  const mode = (await lstat(archive)).mode & 0o77;
  const whole = await readFile(archive);
  const words = [ERASED, KEPT, "SQLite format 3", "waybill"].filter((word) => whole.includes(word));
  tell(
    "reading an encrypted backup",
    "looked through for words of tasks and of the format; who may read the file",
    `${words.length} of 4 words are in it; ${mode === 0 ? "its owner alone may read it" : "others may read it"}`,
    words.length === 0 && mode === 0,
  );
  const other = join(folder, "other.tar.age");
  await storageOf({ data }).backup(other, "torture", { passphrase: PASSPHRASE, passphraseWork: WORK });
  const foreign = await readFile(other);
  const middle = whole.length >> 1;
  const harms = [...harmed(whole), Buffer.concat([whole.subarray(0, middle), foreign.subarray(middle)])];
  const outcomes = [await restored(archive), await restored(archive, { passphrase: "wrong" })];
  for (const bytes of harms) {
    await writeFile(archive, bytes);
    outcomes.push(await restored(archive, { passphrase: PASSPHRASE }));
  }
  await writeFile(archive, whole);
  const good = await restored(archive, { passphrase: PASSPHRASE });
  const refused = outcomes.filter((each) => each === "refused").length;
  tell(
    "changing an encrypted backup",
    "no passphrase, a wrong one, 40 flipped bits, 22 lengths, half of it from another backup of the same passphrase; then as it was",
    `${refused} of ${outcomes.length} refused with nothing left; whole it is ${good}`,
    refused === outcomes.length && good === "restored",
  );
}

async function plainBackups() {
  const archive = join(folder, "all.tar");
  await storageOf({ data }).backup(archive, "torture", {});
  const whole = await readFile(archive);
  const outcomes = [];
  for (const bytes of harmed(whole)) {
    await writeFile(archive, bytes);
    outcomes.push(await restored(archive));
  }
  const count = (is) => outcomes.filter((each) => each === is).length;
  tell(
    "changing a backup in the clear",
    "40 flipped bits, 22 lengths: what is taken has to be sound, as bytes between files mean nothing",
    `${count("refused")} of ${outcomes.length} refused with nothing left, ${count("restored")} restored sound, ${count("unsound") + count("left something")} else`,
    count("refused") + count("restored") === outcomes.length && count("restored") <= 5,
  );
}

async function erasures(admin, erased, kept) {
  let server = await startServer({ mode: "serve", data, cwd: folder });
  const before = await found(data, ERASED);
  const followed = fetch(`${server.url}/v1/tasks/${erased[0]}/events`, {
    headers: { authorization: `Bearer ${admin}`, accept: "text/event-stream" },
  }).then((answer) => answer.text().catch(() => ""));
  const { body } = await ask(server, admin, "POST", "/v1/erasures", { user: "erased" });
  await server.kill();
  await followed;
  server = await startServer({ mode: "serve", data, cwd: folder });
  // Others go on meanwhile, and what they submit is theirs.
  const fresh = [];
  const isDone = await soon(async () => {
    const made = await ask(server, admin, "POST", "/v1/tasks", { kind: "external", input: { queue: "never" } });
    fresh.push(made.body.id);
    return (await ask(server, admin, "GET", `/v1/erasures/${body.id}`)).body.state === "completed";
  });
  const answers = await Promise.all(
    [
      ...["", "/events", "/why", "?lens=a2a"].map((end) => `/v1/tasks/${erased[0]}${end}`),
      ...[`/shannon/api/v1/tasks/${erased[0]}`, `/orchestrate/v1/orchestrate/runs/${erased[0]}`],
      ...[`/a2a/tasks/${erased[0]}`, `/bpm/api/4.0/tasks/${erased[0]}`],
    ].map((path) => ask(server, admin, "GET", path)),
  );
  const gone = answers.filter(({ status }) => status === 404).length;
  const lists = await Promise.all(
    [`/v1/tasks?q=${ERASED}metadata`, "/v1/tasks", "/v1/conversations", "/v1/webhooks", "/v1/vector-stores"].map(
      (path) => ask(server, admin, "GET", path),
    ),
  );
  const told = lists.filter(({ text }) => text.includes(ERASED)).length;
  const there = await Promise.all([...kept, ...fresh].map((id) => ask(server, admin, "GET", `/v1/tasks/${id}`)));
  const left = there.filter(({ status }) => status === 200).length;
  await server.stop();
  const after = await found(data, ERASED);
  tell(
    "an erased user, after `kill -9` in its midst and beside submits",
    `${erased.length} tasks, a conversation, a store, a webhook: all files looked through for its word; ${answers.length} reads of a task in six APIs, ${lists.length} lists`,
    `${before} files have the word before, ${after} after; ${gone} of ${answers.length} reads are 404, ${told} lists have it; ${left} of ${there.length} tasks of others are there`,
    isDone && before > 0 && after === 0 && gone === answers.length && told === 0 && left === there.length,
  );
}

try {
  const admin = waybill("keys", "create", "--data", data);
  const of = (user) => waybill("keys", "create", "--data", data, "--user", user, "--scope", "tasks");
  const [erasedKey, keptKey] = [of("erased"), of("kept")];
  const server = await startServer({ mode: "serve", data, cwd: folder });
  const erased = await live(server, erasedKey, ERASED);
  const kept = await live(server, keptKey, KEPT);
  await server.stop();
  await atRest(admin);
  await encryptedBackups();
  await plainBackups();
  await erasures(admin, erased, kept);
} finally {
  await rm(folder, { recursive: true, force: true });
}
