/**
 * Runs the vendors' own clients, unmodified, one lens after the other: `node run.ts [LENS...]`, all when none is named.
 * Each lens has a folder here whose `run.ts` starts a server and calls it. Exit code 0 when all of them passed.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { LENSES } from "../../src/lenses/index.ts";

const programOf = (lens: string) => fileURLToPath(new URL(`${lens}/run.ts`, import.meta.url));
/** The one at the root is our own: its client is the SDK, which has tests of its own. Nobody has published one of the BPM API. */
const [, ...others] = LENSES.map(({ name }) => name);
const foreign = others.filter((name) => name !== "bpm");
const asked = process.argv.slice(2);

const failed = (asked.length > 0 ? asked : foreign).filter((lens) => {
  process.stdout.write(`== ${lens}\n`);
  return spawnSync(process.execPath, [programOf(lens)], { stdio: "inherit" }).status !== 0;
});
if (failed.length > 0) process.stderr.write(`failed: ${failed.join(", ")}\n`);
process.exitCode = failed.length === 0 ? 0 : 1;
