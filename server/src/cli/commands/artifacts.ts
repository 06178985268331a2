import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Artifact } from "@waybill/sdk";
import type { Command } from "commander";
import { makeFolder } from "../../store/make-folder.ts";
import { addConnectionFlags, type ConnectionFlags, talkTo } from "../connection.ts";
import { TASK_ID_HELP, taskIdOf } from "../task-id.ts";
import { table } from "../terminal/table.ts";
import { openTerminal, type Terminal } from "../terminal/terminal.ts";

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
      if (save !== undefined) await saveAll(artifacts, save, { out, talk });
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

/** Prints the paths that were written, and says which parts are elsewhere. */
async function saveAll(artifacts: readonly Artifact[], folder: string, { out, talk }: Terminal): Promise<void> {
  await makeFolder(folder);
  for (const [index, artifact] of artifacts.entries()) {
    for (const [at, part] of artifact.parts.entries()) {
      const bytes = bytesOf(part);
      if (bytes === null) {
        talk.write(`Part ${at + 1} of ${artifact.id} is a file elsewhere: waybill artifacts --json names it.\n`);
        continue;
      }
      const path = join(folder, `${index + 1}.${at + 1}-${harmlessName(nameOf(part, artifact))}`);
      await writeFile(path, bytes, { flag: "wx" });
      out.write(`${path}\n`);
    }
  }
}

type Part = Artifact["parts"][number];

/** Null of a file that is elsewhere. */
function bytesOf(part: Part): string | Buffer | null {
  if ("text" in part) return part.text;
  if ("data" in part) return `${JSON.stringify(part.data, null, 2)}\n`;
  return "bytes" in part.file ? Buffer.from(part.file.bytes, "base64") : null;
}

function nameOf(part: Part, { id, name }: Artifact): string {
  if ("text" in part) return `${name ?? id}.txt`;
  if ("data" in part) return `${name ?? id}.json`;
  return part.name ?? name ?? id;
}

/** A name that stays in the folder, whatever a task has called it. */
function harmlessName(name: string): string {
  return name
    .replace(/[^\p{L}\p{N}._ -]+/gu, "_")
    .replace(/^\.+/, "_")
    .slice(0, 100);
}
