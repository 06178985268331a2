// What npm runs before it packs a workspace: builds, and lays beside the package what its tarball needs from elsewhere in the
// checkout: the licence, and for the server the dashboard. `.gitignore` names the copies.
import { spawnSync } from "node:child_process";
import { cpSync, rmSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const built = spawnSync(process.execPath, [`${root}/scripts/build.mjs`], { stdio: "inherit" });
if (built.status !== 0) process.exit(built.status ?? 1);

cpSync(`${root}/LICENSE`, "LICENSE");
if (basename(process.cwd()) === "server") {
  rmSync("dashboard", { recursive: true, force: true });
  for (const folder of ["public", "dist"])
    cpSync(`${root}/dashboard/${folder}`, `dashboard/${folder}`, { recursive: true });
}
