/**
 * Plants faults, one at a time, and tells which of them the suites do not notice. A mutant is a file, a text in it and
 * what is put in its place (`scripts/mutants/*.mjs`); each is planted in a copy of the repository. A mutant whose text
 * does not occur exactly once is an error, so that the list stays true to the code.
 *
 *   node scripts/mutants.mjs [--only NAME,NAME] [--area AREA,AREA] [--sample 8] [--minutes 5] [--jobs 1] [--quick] [--check]
 *
 * `--sample` takes so many, others each day. `--quick` asks no simulated worlds and no data folders: what they alone
 * notice lives. Exits with 1 when fewer than 95 % are killed, or the list is not true.
 */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { DECIDE } from "./mutants/decide.mjs";
import { DELIVERY } from "./mutants/delivery.mjs";
import { EXECUTION } from "./mutants/execution.mjs";
import { KILL } from "./mutants/kill.mjs";
import { SCHEDULING } from "./mutants/scheduling.mjs";
import { STORE } from "./mutants/store.mjs";

const { values: flags } = parseArgs({
  options: {
    only: { type: "string" },
    area: { type: "string" },
    sample: { type: "string" },
    minutes: { type: "string" },
    jobs: { type: "string", default: "1" },
    quick: { type: "boolean", default: false },
    check: { type: "boolean", default: false },
  },
});

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const KILLED_SHARE_MIN = 0.95;
/** A mutant that makes a suite hang is killed by that; that a machine is busy kills none. */
const TEST_MS_MAX = 60_000;
const SUITE_MS_MAX = 300_000;
const KILLS_MS_MAX = 900_000;
const DAY_MS = 86_400_000;

/** Suites in the order in which they are asked; the first that fails kills the mutant. */
const ENGINE = ["server/src/engine/embedded", "server/src/engine/execution"];
const unlessQuick = (...suites) => (flags.quick ? [] : suites);
const WORLDS = unlessQuick(["server/test/simulator"]);
const SUITES = {
  decide: [["server/src/task"], ENGINE, ...WORLDS],
  execution: [ENGINE, ...WORLDS],
  scheduling: [ENGINE, ...WORLDS],
  store: [["server/src/store/sqlite/store.test.ts"], ...unlessQuick(["server/src/store/sqlite"]), ...WORLDS],
  delivery: [
    ["server/src/task", "server/src/delivery", "server/src/outgoing"],
    ["server/src/store/sqlite/store.test.ts", "server/test/webhooks.test.ts"],
  ],
  kill: [["bench/kill.ts", "--rounds", "5"]],
};

const all = [
  ...DECIDE.map((mutant) => ({ ...mutant, area: "decide" })),
  ...EXECUTION.map((mutant) => ({ ...mutant, area: "execution" })),
  ...SCHEDULING.map((mutant) => ({ ...mutant, area: "scheduling" })),
  ...STORE.map((mutant) => ({ ...mutant, area: "store" })),
  ...DELIVERY.map((mutant) => ({ ...mutant, area: "delivery" })),
  ...KILL.map((mutant) => ({ ...mutant, area: "kill" })),
];

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
  const broken = await brokenSuite(new Set(waiting.map(({ area }) => area)));
  if (broken !== null) {
    say(`The suites fail without any mutant: ${broken}`);
    return 1;
  }
  const verdicts = [];
  const jobs = Array.from({ length: Number(flags.jobs) }, async () => {
    const copy = copyOfRepository();
    try {
      for (let mutant = waiting.shift(); mutant && Date.now() < until; mutant = waiting.shift())
        verdicts.push(await judge(copy, mutant));
    } finally {
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

/** What fails before anything is planted: a mutant would be taken for killed by it. */
async function brokenSuite(areas) {
  const copy = copyOfRepository();
  try {
    const suites = new Set([...areas].flatMap((area) => SUITES[area].map((suite) => suite.join(" "))));
    for (const suite of suites) {
      const by = await failureOf(copy, suite.split(" "));
      if (by !== null) return by;
    }
    return null;
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

function chosen() {
  const only = flags.only?.split(",");
  // Kills take minutes: they are asked for by name.
  const areas = flags.area?.split(",");
  const isAsked = (area) => (areas ? areas.includes(area) : area !== "kill" || only);
  const wanted = all.filter(({ name, area }) => (!only || only.includes(name)) && isAsked(area));
  if (flags.sample === undefined) return wanted;
  // One that hangs costs all the time of a suite.
  const quick = wanted.filter(({ hangs }) => !hangs);
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
  symlinkSync(path.join(ROOT, "node_modules"), path.join(copy, "node_modules"));
  return copy;
}

async function judge(copy, { name, area, file, find, put }) {
  const from = performance.now();
  const target = path.join(copy, file);
  const text = readFileSync(target, "utf8");
  writeFileSync(
    target,
    text.replace(find, () => put),
  );
  let by = null;
  for (const suite of SUITES[area]) {
    by = await failureOf(copy, suite);
    if (by !== null) break;
  }
  writeFileSync(target, text);
  const seconds = ((performance.now() - from) / 1000).toFixed(0);
  say(by === null ? `LIVES  ${name} (${seconds} s)` : `killed ${name} (${seconds} s) by ${by}`);
  return { name, by };
}

/** The first thing of a suite that fails; null when nothing does. */
async function failureOf(copy, suite) {
  if (suite[0]?.startsWith("bench/")) {
    execFileSync("npm", ["run", "--silent", "build"], { cwd: copy, stdio: "ignore" });
    return said(copy, suite, /VIOLATION (.*)/, KILLS_MS_MAX);
  }
  const vitest = path.join(ROOT, "node_modules/vitest/vitest.mjs");
  return said(copy, [vitest, "run", "--bail", "1", "--testTimeout", String(TEST_MS_MAX), ...suite], / FAIL +(.*)/);
}

/** Runs a program: null when it ends well, else what it said of its failure. */
async function said(cwd, args, failure, msMax = SUITE_MS_MAX) {
  const env = { ...process.env, NO_COLOR: "1" };
  const child = spawn(process.execPath, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  let words = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk) => {
      words += chunk;
    });
  const timer = setTimeout(() => child.kill("SIGKILL"), msMax);
  const [code] = await once(child, "close");
  clearTimeout(timer);
  if (code === 0) return null;
  return code === null ? "its time limit" : (failure.exec(words)?.[1]?.trim() ?? `exit code ${code}`);
}

function say(line) {
  process.stdout.write(`${line}\n`);
}
