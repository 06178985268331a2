/** The page of attacks, a section for each script: what one writes anew leaves the others as they are. */
import { execFileSync } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { availableParallelism, cpus } from "node:os";
import { fileURLToPath } from "node:url";

const PAGE = fileURLToPath(new URL("../docs/torture.md", import.meta.url));

/** `about` is a sentence without its full stop; `node` is the Node.js that the server ran on; a row is a line of the table. */
export async function writeSection(heading, { about, node, rows }) {
  const [before, rest = ""] = (await readFile(PAGE, "utf8")).split(heading);
  const [, after = ""] = /(\n## .*)/s.exec(rest) ?? [];
  const [cpu] = cpus();
  const version = execFileSync(node, ["--version"], { encoding: "utf8" }).trim().slice(1);
  await writeFile(
    PAGE,
    `${before}${heading}
${about}. Seen on ${new Date().toISOString().slice(0, 10)}:
Node.js ${version}, ${availableParallelism()} cores (${cpu?.model.trim()}).

| attack | what was tried | what it came to | held |
|---|---|---|---|
${rows.join("\n")}
${after}`,
  );
}
