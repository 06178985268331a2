// Builds what is out of date: `tsc -b` compares the sources with what it last built, and repeats nothing.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { bundleServer } from "./bundle.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const tsc = fileURLToPath(new URL("../node_modules/typescript/bin/tsc", import.meta.url));
const built = spawnSync(process.execPath, [tsc, "-b"], { cwd: root, stdio: "inherit" });
if (built.status !== 0) process.exit(built.status ?? 1);
await bundleServer();
