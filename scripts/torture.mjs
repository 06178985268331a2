// Runs every attack but those on neighbours, whose times want a quiet machine (bench/neighbour.ts), and prints one table: what was
// tried, what it came to, what held. Each row comes from tries counted in this run. Ends with 1 when something did not hold.
//
//   node scripts/torture.mjs            as CI does: a minute or two
//   node scripts/torture.mjs --whole    also the outside judge with all of its cases
//   node scripts/torture.mjs --write    puts the table into docs/torture.md, with the date and the machine
import { execFileSync, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { availableParallelism, cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { NODE } from "./start-server.mjs";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const PAGE = join(ROOT, "docs/torture.md");
const HEADING = "\n## Everything else\n";
const SUPPLY_CHAIN = "server/test/supply-chain.test.ts";
const PARTS = {
  doors: "scripts/torture-doors.mjs",
  "keys and pages": "scripts/torture-keys.mjs",
  "rows of others": "scripts/torture-rows.mjs",
  "at rest": "scripts/torture-kept.mjs",
  audit: "scripts/torture-audit.mjs",
};

const { values } = parseArgs({ options: { write: { type: "boolean" }, whole: { type: "boolean" } } });
const rows = [];
function add(part, row) {
  rows.push(`| ${part} ${row}`);
  console.log(rows.at(-1));
  if (!row.endsWith("| yes |")) process.exitCode = 1;
}

/** All that a program says, and how it ended. */
async function said(command, args) {
  const child = spawn(command, args, { cwd: ROOT, stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.on("data", (chunk) => {
    text += chunk;
  });
  const code = await new Promise((resolve) => child.on("close", resolve));
  return { text, code };
}

for (const [part, script] of Object.entries(PARTS)) {
  const { code, text } = await said(NODE, [script]);
  const told = text.split("\n").filter((line) => line.startsWith("| "));
  for (const row of told) add(part, row);
  if (told.length === 0 || (code !== 0 && told.every((row) => row.endsWith("| yes |"))))
    add(part, `| ${script} | all of it | it came to no end | NO |`);
}

{
  const folder = await mkdtemp(join(tmpdir(), "waybill-torture-"));
  const report = join(folder, "report.json");
  const flags = ["run", "--reporter=json", `--outputFile=${report}`, SUPPLY_CHAIN];
  const { code } = await said(NODE, ["node_modules/vitest/vitest.mjs", ...flags]);
  const { numPassedTests, numTotalTests } = JSON.parse(await readFile(report, "utf8"));
  await rm(folder, { recursive: true, force: true });
  const tried =
    "a lock entry without a hash or with a host, a licence that may not be passed on, an image or action by name alone";
  add(
    "supply chain",
    `| what comes from elsewhere | ${tried} | ${numPassedTests} of ${numTotalTests} checks of all of it passed | ${code === 0 ? "yes" : "NO"} |`,
  );
}

if (values.whole) {
  const { code, text } = await said(NODE, ["scripts/fuzz-openapi.mjs"]);
  const last = text.trim().split("\n").at(-1);
  add(
    "doors",
    `| an outside judge | schemathesis through every OpenAPI document | ${last} | ${code === 0 ? "yes" : "NO"} |`,
  );
}

if (values.write) await write();

/** What others have to tell stands under headings of its own, and stays. */
async function write() {
  const [before, rest = ""] = (await readFile(PAGE, "utf8")).split(HEADING);
  const [, after = ""] = /(\n## .*)/s.exec(rest) ?? [];
  const [cpu] = cpus();
  const version = execFileSync(NODE, ["--version"], { encoding: "utf8" }).trim().slice(1);
  await writeFile(
    PAGE,
    `${before}${HEADING}
What was tried on everything else, and what held: \`node scripts/torture.mjs --whole --write\`; CI runs it without the outside judge,
of which it plays a part by itself. Seen on ${new Date().toISOString().slice(0, 10)}: Node.js ${version}, ${availableParallelism()} cores (${cpu?.model.trim()}),
a load of ${loadavg()[0].toFixed(1)} at the end.

| of | attack | what was tried | what it came to | held |
|---|---|---|---|---|
${rows.join("\n")}
${after}`,
  );
}
