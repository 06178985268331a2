/**
 * Plants faults, one at a time, and tells which of them the suites do not notice. A mutant is a file, a text in it and
 * what is put in its place (`scripts/mutants/*.mjs`); each is planted in a copy of the repository. A mutant whose text
 * does not occur exactly once is an error, so that the list stays true to the code.
 *
 *   node scripts/mutants.mjs [--only NAME,NAME] [--area AREA,AREA] [--sample 8] [--minutes 5] [--jobs 1] [--quick] [--check]
 *                            [--record]
 *
 * The test that noticed a mutant the last time is asked first, alone (`mutants/killers.json`, written by `--record`);
 * only when it is content do all the suites of the mutant's area follow. So a run over the whole list takes minutes.
 * `--sample` takes so many of those whose test is known and that do not hang, others each day: any other costs the time of
 * all suites of its area. `--quick` asks no simulated worlds and no data folders: what they alone
 * notice lives. Exits with 1 when fewer than 95 % are killed, or the list is not true.
 */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { AGENT } from "./mutants/agent.mjs";
import { AUDIT } from "./mutants/audit.mjs";
import { BEGINNINGS } from "./mutants/beginnings.mjs";
import { BOUNDS } from "./mutants/bounds.mjs";
import { CRASHES } from "./mutants/crashes.mjs";
import { DAMAGE } from "./mutants/damage.mjs";
import { DECIDE } from "./mutants/decide.mjs";
import { DELIVERY } from "./mutants/delivery.mjs";
import { DOORS } from "./mutants/doors.mjs";
import { EXECUTION } from "./mutants/execution.mjs";
import { FAIRNESS } from "./mutants/fairness.mjs";
import { KILL } from "./mutants/kill.mjs";
import { LISTS } from "./mutants/lists.mjs";
import { MENDING } from "./mutants/mending.mjs";
import { MOVING } from "./mutants/moving.mjs";
import { NUMBERS } from "./mutants/numbers.mjs";
import { ON_DISK } from "./mutants/on-disk.mjs";
import { ENGINE_ORDER, THREAD_ORDER } from "./mutants/order.mjs";
import { PEOPLE } from "./mutants/people.mjs";
import { ROWS } from "./mutants/rows.mjs";
import { RULES } from "./mutants/rules.mjs";
import { SCHEDULING } from "./mutants/scheduling.mjs";
import { SHARES } from "./mutants/shares.mjs";
import { STARTS } from "./mutants/starts.mjs";
import { STORE } from "./mutants/store.mjs";
import { STREAMS } from "./mutants/streams.mjs";
import { Suites } from "./mutants/suites.mjs";
import { TENANTS } from "./mutants/tenants.mjs";
import { TERMINAL } from "./mutants/terminal.mjs";
import { USAGE } from "./mutants/usage.mjs";
import { WIRE } from "./mutants/wire.mjs";
import { WRITING } from "./mutants/writing.mjs";

const { values: flags } = parseArgs({
  options: {
    only: { type: "string" },
    area: { type: "string" },
    sample: { type: "string" },
    minutes: { type: "string" },
    jobs: { type: "string", default: "1" },
    quick: { type: "boolean", default: false },
    check: { type: "boolean", default: false },
    record: { type: "boolean", default: false },
  },
});

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const KILLED_SHARE_MIN = 0.95;
const KILLS_MS_MAX = 900_000;
const DAY_MS = 86_400_000;
/** How vitest writes a test: file > suite > test. */
const BETWEEN_NAMES = " > ";

/** Suites in the order in which they are asked; the first that fails kills the mutant. */
const suite = (...files) => ({ files });
const unlessQuick = (...files) => (flags.quick ? [] : [suite(...files)]);
const ENGINE = suite("server/src/engine/embedded", "server/src/engine/execution");
const WORLDS = unlessQuick("server/test/simulator");
const SUITES = {
  decide: [suite("server/src/task"), ENGINE, ...WORLDS],
  execution: [ENGINE, suite("stray-errors.test.ts"), ...WORLDS],
  scheduling: [ENGINE, suite("work-verbs.test.ts", "task-verbs.test.ts"), ...WORLDS],
  lists: [
    suite(
      "list-damage.test.ts",
      "webhook-damage.test.ts",
      "sweep-damage.test.ts",
      "server/src/store/sqlite/damage.test.ts",
    ),
  ],
  "on disk": [suite("backlogs.test.ts", "sleepers.test.ts"), ENGINE, ...WORLDS],
  beginnings: [ENGINE, ...WORLDS],
  crashes: [suite("crash-verdict.test.ts", "crash-record-file.test.ts", "isolation.test.ts"), ENGINE, ...WORLDS],
  bounds: [
    suite(
      "recent-logs.test.ts",
      "event-feed.test.ts",
      "artifact-sizes.test.ts",
      "record-sweep.test.ts",
      "stream.test.ts",
      "json-values.test.ts",
      "slow-calls.test.ts",
      "server/src/lenses/a2a/stream",
      "server/src/lenses/orchestrate/validation.test.ts",
    ),
    suite("server/src/http/app.test.ts"),
    suite("server/src/engine", "server/src/verbs"),
    suite(
      "in-pages.test.ts",
      "server/src/store/sqlite/store.test.ts",
      ...(flags.quick ? [] : ["server/src/store", "server/test/bounds.test.ts"]),
    ),
  ],
  store: [
    suite("server/src/store/sqlite/store.test.ts"),
    suite("ended-trees.test.ts", "record-sweep.test.ts", "task-removal.test.ts"),
    ...unlessQuick("server/src/store/sqlite"),
    ...WORLDS,
  ],
  damage: [
    suite("server/src/store/sqlite/mending", "server/src/store/sqlite/doctor", "erasing.test.ts"),
    suite("damage.test.ts", "sweep-damage.test.ts", "archive.test.ts", "migrate.test.ts", "folder-api-keys.test.ts"),
  ],
  delivery: [
    suite("server/src/task", "server/src/delivery", "server/src/outgoing"),
    suite("server/src/store/sqlite/store.test.ts", "server/test/webhooks.test.ts"),
  ],
  people: [
    suite("server/src/task"),
    suite(
      "answer-check.test.ts",
      "answer-reading.test.ts",
      "server/test/answer-doors.test.ts",
      "server/src/verbs/implementation/human-verbs.test.ts",
    ),
    ENGINE,
    suite("server/test/people-acts.test.ts", "server/test/people.test.ts"),
  ],
  agent: [
    suite("server/src/handlers/agent/budget.test.ts"),
    suite("server/src/handlers/agent"),
    suite("server/src/models/wire/chat-dialects.test.ts"),
    suite("server/src/engine/embedded/embedded-engine.test.ts"),
  ],
  usage: [
    suite(
      "server/src/metrics",
      "server/src/telemetry",
      "trace.test.ts",
      "usage-verbs.test.ts",
      "paid-requests.test.ts",
    ),
    ENGINE,
    suite("server/src/store/sqlite/store.test.ts"),
    suite("server/test/telemetry.test.ts", "server/test/metrics.test.ts"),
  ],
  shares: [
    suite(
      "server/src/handlers/agent/days-money.test.ts",
      "server/src/task/agent/agent-reach.test.ts",
      "server/src/outgoing",
      "server/test/remote-agent/remote-agent.test.ts",
    ),
    suite(
      "server/src/http/shares",
      "server/src/http/connections/listener.test.ts",
      "server/src/http/body/unheard-bodies.test.ts",
      "server/src/store/sqlite/store.test.ts",
      "server/src/store/sqlite/two-writers.test.ts",
    ),
    suite("server/src/store/sqlite/thread", "server/src/http/app.test.ts"),
    suite("server/test/shares.test.ts"),
    suite("server/test/shannon"),
  ],
  audit: [
    suite("audit-check.test.ts", "refused-calls.test.ts", "audit-walk.test.ts"),
    suite("server/src/store/sqlite/store.test.ts"),
  ],
  doors: [
    suite("json-values.test.ts", "parser-thread.test.ts", "key-lookups.test.ts", "authentication.test.ts"),
    suite("redaction.test.ts", "retry-after.test.ts"),
    suite("server/test/two-keys.test.ts", "server/test/scopes.test.ts", "server/test/native-tasks.test.ts"),
    suite("server/src/http", "server/test/held-by-keys.test.ts"),
  ],
  tenants: [
    suite("agent-verbs.test.ts", "key-verbs.test.ts", "conversation-verbs.test.ts", "document-verbs.test.ts"),
    suite("agents-bound.test.ts", "archive.test.ts", "failure.test.ts", "task-cache.test.ts"),
    suite("human-verbs.test.ts", "server/src/store/sqlite/store.test.ts"),
  ],
  wire: [
    suite("server/src/http", "server/src/lenses/bpm", "server/src/guardrails/guard.test.ts"),
    suite("server/test/a2a", "server/test/bpm", "server/test/orchestrate", "server/test/documents"),
  ],
  terminal: [suite("server/test/process.test.ts", "server/test/cli-records.test.ts")],
  kill: [{ program: ["bench/kill.ts", "--rounds", "5"] }],
};

const AREAS = {
  decide: [...DECIDE, ...RULES],
  execution: [...EXECUTION, ...ENGINE_ORDER],
  scheduling: [...SCHEDULING, ...MOVING],
  lists: LISTS,
  "on disk": ON_DISK,
  beginnings: BEGINNINGS,
  crashes: CRASHES,
  store: [...ROWS, ...STORE, ...THREAD_ORDER, ...WRITING],
  bounds: BOUNDS,
  damage: [...DAMAGE, ...MENDING, ...NUMBERS, ...STARTS],
  delivery: DELIVERY,
  people: PEOPLE,
  agent: AGENT,
  usage: USAGE,
  shares: [...FAIRNESS, ...SHARES],
  audit: AUDIT,
  doors: DOORS,
  tenants: TENANTS,
  wire: [...WIRE, ...STREAMS],
  terminal: TERMINAL,
  kill: KILL,
};
const all = Object.entries(AREAS).flatMap(([area, mutants]) => mutants.map((mutant) => ({ ...mutant, area })));

const KILLERS = path.join(ROOT, "scripts/mutants/killers.json");
/** By mutant, what noticed it the last time: the file of a test and its names, as vitest writes them, or a program. */
const killers = JSON.parse(readFileSync(KILLERS, "utf8"));

process.exitCode = await main();

async function main() {
  const untrue = all.flatMap((mutant) => untruthOf(mutant) ?? []);
  for (const line of untrue) say(`UNTRUE ${line}`);
  if (flags.check || untrue.length > 0) {
    say(`${all.length} mutants, ${untrue.length} of them not true to the code`);
    return untrue.length > 0 ? 1 : 0;
  }
  const until = flags.minutes === undefined ? Number.POSITIVE_INFINITY : Date.now() + Number(flags.minutes) * 60_000;
  const waiting = chosen();
  const verdicts = [];
  const jobs = Array.from({ length: Number(flags.jobs) }, async () => {
    const copy = copyOfRepository();
    const suites = new Suites(copy);
    try {
      for (let mutant = waiting.shift(); mutant && Date.now() < until; mutant = waiting.shift()) {
        verdicts.push(await judge({ copy, suites }, mutant));
        if (flags.record) record(verdicts);
      }
    } finally {
      suites.end();
      rmSync(copy, { recursive: true, force: true });
    }
  });
  await Promise.all(jobs);
  const living = verdicts.filter(({ by }) => by === null);
  const share = verdicts.length === 0 ? 1 : (verdicts.length - living.length) / verdicts.length;
  say(`${verdicts.length - living.length} of ${verdicts.length} mutants killed (${(share * 100).toFixed(0)} %)`);
  for (const { name } of living) say(`LIVES ${name}`);
  return share < KILLED_SHARE_MIN ? 1 : 0;
}

/** Keeps who killed whom, for the next time; of a program its name, as its words are others each time. */
function record(verdicts) {
  for (const { name, by, program } of verdicts)
    if (by?.includes(BETWEEN_NAMES) || (by && program)) killers[name] = program ?? by;
  const known = all.map(({ name }) => name).filter((name) => killers[name] !== undefined);
  const sorted = Object.fromEntries(known.sort().map((name) => [name, killers[name]]));
  writeFileSync(KILLERS, `${JSON.stringify(sorted, null, 2)}\n`);
}

function chosen() {
  const only = flags.only?.split(",");
  // Kills take minutes: they are asked for by name.
  const areas = flags.area?.split(",");
  const isAsked = (area) => (areas ? areas.includes(area) : area !== "kill" || only);
  const wanted = all.filter(({ name, area }) => (!only || only.includes(name)) && isAsked(area));
  if (flags.sample === undefined) return wanted;
  const quick = wanted.filter(({ name, hangs }) => !hangs && killers[name] !== undefined);
  const first = (Math.floor(Date.now() / DAY_MS) * Number(flags.sample)) % quick.length;
  return [...quick.slice(first), ...quick.slice(0, first)].slice(0, Number(flags.sample));
}

function untruthOf({ name, file, find }) {
  if (!existsSync(path.join(ROOT, file))) return `${name}: there is no ${file}`;
  const count = readFileSync(path.join(ROOT, file), "utf8").split(find).length - 1;
  return count === 1 ? null : `${name}: its text occurs ${count} times in ${file}`;
}

function copyOfRepository() {
  const copy = mkdtempSync(path.join(tmpdir(), "waybill-mutants-"));
  const files = execFileSync("git", ["ls-files", "-z"], { cwd: ROOT, encoding: "utf8" }).split("\0").filter(Boolean);
  for (const file of files) {
    mkdirSync(path.join(copy, path.dirname(file)), { recursive: true });
    cpSync(path.join(ROOT, file), path.join(copy, file));
  }
  linkModules(path.join(ROOT, "node_modules"), path.join(copy, "node_modules"));
  return copy;
}

/** The packages of this workspace are those of the copy: what the original makes of itself is of another class. */
function linkModules(from, to) {
  mkdirSync(to);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [path.join(from, entry.name), path.join(to, entry.name)];
    if (entry.name.startsWith("@")) linkModules(source, target);
    else symlinkSync(entry.isSymbolicLink() ? readlinkSync(source) : source, target);
  }
}

async function judge(place, { name, area, file, find, put }) {
  const from = performance.now();
  const text = readFileSync(path.join(place.copy, file), "utf8");
  const write = (content) => {
    writeFileSync(path.join(place.copy, file), content);
    place.suites.changed(file);
  };
  let by = null;
  let program;
  for (const suite of [...suiteOf(killers[name]), ...SUITES[area]]) {
    write(text.replace(find, () => put));
    by = await failureOf(place, suite);
    write(text);
    if (by === null) continue;
    program = suite.program?.join(" ");
    if (await isSound(place, by, suite)) break;
    say(`fails without any mutant: ${by}`);
    by = null;
  }
  const seconds = ((performance.now() - from) / 1000).toFixed(0);
  say(by === null ? `LIVES  ${name} (${seconds} s)` : `killed ${name} (${seconds} s) by ${by}`);
  return { name, by, program };
}

/** Whether what has failed passes without the mutant: otherwise it has noticed nothing. */
async function isSound(place, by, suite) {
  if ((await failureOf(place, suiteOf(by)[0] ?? suite)) === null) return true;
  // The process may also have kept what it had read when the suite was broken off.
  place.suites.end();
  return false;
}

/** That one test alone, if it is still there. */
function suiteOf(by = "") {
  const [file, ...names] = by.split(BETWEEN_NAMES);
  if (names.length === 0 || !existsSync(path.join(ROOT, file))) return [];
  return [{ files: [file], test: names.join(BETWEEN_NAMES) }];
}

/** The first thing of a suite that fails; null when nothing does. */
async function failureOf({ copy, suites }, suite) {
  if (suite.files) return suites.failureOf(suite);
  execFileSync("npm", ["run", "--silent", "build"], { cwd: copy, stdio: "ignore" });
  return said(copy, suite.program, /VIOLATION (.*)/, KILLS_MS_MAX);
}

/** Runs a program: null when it ends well, else what it said of its failure. */
async function said(cwd, args, failure, msMax) {
  const env = { ...process.env, NO_COLOR: "1" };
  // A group of its own, so that whatever it has started ends with it.
  const child = spawn(process.execPath, args, { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  let words = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk) => {
      words += chunk;
    });
  const timer = setTimeout(() => process.kill(-child.pid, "SIGKILL"), msMax);
  const [code] = await once(child, "close");
  clearTimeout(timer);
  if (code === 0) return null;
  return code === null ? "its time limit" : (failure.exec(words)?.[1]?.trim() ?? `exit code ${code}`);
}

function say(line) {
  process.stdout.write(`${line}\n`);
}
