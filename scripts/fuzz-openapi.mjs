// Lets a judge from outside, schemathesis, go through every /openapi.json of a server: it sends what the documents allow, and
// what they do not, and wants no 5xx, and no status, type, header or field that they do not name. The same cases each time.
//
//   node scripts/fuzz-openapi.mjs               some 20,000 cases, with each bound and each method of every operation
//   node scripts/fuzz-openapi.mjs --quick       a few thousand, as CI plays them
//   node scripts/fuzz-openapi.mjs --lens a2a    of one API alone
//
// That what the schemas refuse is refused, and that what fits is taken, is not asked: APIs of others pass over what they
// do not know, and a sentence such as "one of the two" is in no schema. The suites of each API ask that.
import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { startServer } from "./start-server.mjs";

const REQUIREMENTS = fileURLToPath(new URL("fuzz-openapi/requirements.txt", import.meta.url));
const HOOKS = fileURLToPath(new URL("fuzz-openapi/hooks.py", import.meta.url));
const ENVIRONMENT = fileURLToPath(new URL("../node_modules/.cache/fuzz-openapi", import.meta.url));
const DOCUMENTS = {
  native: "",
  shannon: "/shannon",
  documents: "/documents",
  orchestrate: "/orchestrate",
  a2a: "/a2a",
  bpm: "/bpm/api/4.0",
};
const CHECKS = [
  "not_a_server_error",
  "status_code_conformance",
  "content_type_conformance",
  "response_headers_conformance",
  "response_schema_conformance",
  "unsupported_method",
  "allow_header_conformance",
];
/** Nothing that a case names is sent to: no port that anybody listens on. */
const CONFIGURATION = {
  models: { offlineWordsPerS: 0 },
  outgoing: { allow: [], ports: [1] },
  limits: { running: 20 },
};
/** Side by side: each is one process, and the server another. */
const AT_ONCE = 2;
const CASES_MAX = { quick: 10, whole: 36 };

const { values } = parseArgs({
  options: { quick: { type: "boolean" }, lens: { type: "string", multiple: true }, cases: { type: "string" } },
});
const names = values.lens ?? Object.keys(DOCUMENTS);
const unknown = names.filter((name) => !(name in DOCUMENTS));
if (unknown.length > 0) throw new Error(`There is no API ${unknown}: ${Object.keys(DOCUMENTS).join(", ")}.`);

const python = `${ENVIRONMENT}/bin/python`;
if (!existsSync(python)) must("python3", ["-m", "venv", ENVIRONMENT]);
must(python, [
  "-m",
  "pip",
  "install",
  "--quiet",
  "--disable-pip-version-check",
  "--require-hashes",
  "-r",
  REQUIREMENTS,
]);
must(python, [fileURLToPath(new URL("python-licences.py", import.meta.url))]);

const folder = await mkdtemp(join(tmpdir(), "waybill-fuzz-"));
await writeFile(join(folder, "waybill.config.json"), JSON.stringify(CONFIGURATION));
await writeFile(join(folder, "schemathesis.toml"), "");
const server = await startServer({ flags: ["--no-reload", "--log-level", "error"], cwd: folder });
try {
  const waiting = [...names];
  const told = [];
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) told.push(await judged(name));
    }),
  );
  const cases = told.reduce((sum, { generated }) => sum + generated, 0);
  const bad = told.filter(({ isGood }) => !isGood);
  for (const { name, output } of bad) process.stdout.write(`== ${name}\n${output}\n`);
  for (const { name, operations, generated, isGood } of told) {
    process.stdout.write(
      `${name}: ${operations} operations, ${generated} cases, ${isGood ? "as documented" : "NOT as documented"}\n`,
    );
  }
  process.stdout.write(`${cases} cases, ${bad.length === 0 ? "no violation" : `violations in ${bad.length} APIs`}\n`);
  process.exitCode = bad.length === 0 ? 0 : 1;
} finally {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}

/** What the judge says of one API. */
async function judged(name) {
  const report = join(folder, `${name}.json`);
  const words = [
    ...["--config-file", join(folder, "schemathesis.toml"), "run", `${server.url}${DOCUMENTS[name]}/openapi.json`],
    ...["--checks", CHECKS.join(","), "--continue-on-failure", "--no-shrink", "--no-color", "--warnings", "off"],
    ...["--phases", values.quick ? "fuzzing" : "examples,coverage,fuzzing"],
    ...["--max-examples", values.cases ?? String(values.quick ? CASES_MAX.quick : CASES_MAX.whole)],
    ...["--generation-deterministic", "--suppress-health-check", "all"],
    // Keys beside the right one are wrong ones, which are refused before anything else: the suites try those.
    ...["--generation-with-security-parameters", "false", "--request-timeout", "120"],
    ...["--report", "json", "--report-json-path", report],
  ];
  const child = spawn(`${ENVIRONMENT}/bin/schemathesis`, words, {
    ...{ cwd: folder, stdio: ["ignore", "pipe", "pipe"] },
    env: { ...process.env, SCHEMATHESIS_HOOKS: HOOKS },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk) => {
      output = (output + chunk).slice(-200_000);
    });
  }
  const code = await new Promise((resolve) => child.once("exit", resolve));
  if (!existsSync(report)) return { name, operations: 0, generated: 0, isGood: false, output };
  const { operations, test_cases: cases } = JSON.parse(await readFile(report, "utf8"));
  // Of a document that could not be read, or a judge that broke off.
  if (operations === null || cases === null) return { name, operations: 0, generated: 0, isGood: false, output };
  const isGood = code === 0 && cases.with_failures === 0 && cases.errored === 0;
  return { name, operations: operations.tested, generated: cases.generated, isGood, output };
}

function must(command, words) {
  const { status } = spawnSync(command, words, { stdio: "inherit" });
  if (status !== 0) throw new Error(`${command} ${words.join(" ")} ended with ${status}`);
}
