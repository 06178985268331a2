import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Artifact } from "@waybill/sdk";
import type { Command } from "commander";
import { addConnectionFlags, type ConnectionFlags, talkTo } from "../connection.ts";
import { TASK_ID_HELP, taskIdOf } from "../task-id.ts";
import { table } from "../terminal/table.ts";
import { openTerminal } from "../terminal/terminal.ts";

type Flags = ConnectionFlags & { save?: string; json?: boolean };

/** `waybill artifacts`: what a task has made beside its result. */
export function addArtifacts(program: Command): void {
  addConnectionFlags(
    program
      .command("artifacts")
      .description("list what a task has made beside its result, or save it")
      .argument("<id>", TASK_ID_HELP)
      .option("--save <FOLDER>", "write each part to a file in this folder; no file that is there is overwritten")
      .option("--json", "one JSON object a line"),
  ).action((text: string, { save, json, ...flags }: Flags) =>
    talkTo(flags, async (client) => {
      const { out, talk } = openTerminal();
      const artifacts = await client.task(await taskIdOf(client, text)).artifacts();
      if (save !== undefined) for (const path of await saved(artifacts, save)) out.write(`${path}\n`);
      else if (json) for (const artifact of artifacts) out.write(`${JSON.stringify(artifact)}\n`);
      else if (artifacts.length === 0) talk.write("It has made none.\n");
      else
        out.write(
          table<Artifact>(
            [
              { title: "ID", cell: ({ id }) => id },
              { title: "PARTS", cell: ({ parts }) => String(parts.length), align: "right" },
              { title: "WHOLE", cell: ({ complete }) => (complete ? "yes" : "still grows") },
              { title: "NAME", cell: ({ name }) => name ?? "", shrinks: true },
            ],
            artifacts,
            out,
          ),
        );
    }),
  );
}

/** The paths that were written. */
async function saved(artifacts: readonly Artifact[], folder: string): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const paths: string[] = [];
  for (const [index, artifact] of artifacts.entries()) {
    for (const [at, part] of artifact.parts.entries()) {
      const bytes = bytesOf(part);
      if (bytes === null) continue;
      const name =
        nameOf(part) ?? `${artifact.name ?? artifact.id}${"data" in part ? ".json" : "text" in part ? ".txt" : ""}`;
      const path = join(folder, `${index + 1}.${at + 1}-${harmlessName(name)}`);
      await writeFile(path, bytes, { flag: "wx" });
      paths.push(path);
    }
  }
  return paths;
}

type Part = Artifact["parts"][number];

/** Null of a file that is elsewhere. */
function bytesOf(part: Part): string | Buffer | null {
  if ("text" in part) return part.text;
  if ("data" in part) return `${JSON.stringify(part.data, null, 2)}\n`;
  return "bytes" in part.file ? Buffer.from(part.file.bytes, "base64") : null;
}

function nameOf(part: Part): string | null {
  return "file" in part ? (part.name ?? null) : null;
}

/** A name that stays in the folder, whatever a task has called it. */
function harmlessName(name: string): string {
  return name
    .replace(/[^\p{L}\p{N}._ -]+/gu, "_")
    .replace(/^\.+/, "_")
    .slice(0, 100);
}
