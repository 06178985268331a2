import { age } from "@waybill/sdk/display";
import type { Command } from "commander";
import { wholeNumber, words } from "../arguments.ts";
import { addConnectionFlags, type ConnectionFlags, talkTo } from "../connection.ts";
import { DocumentsApi, type StoredFile, storeNamed } from "../documents-api.ts";
import { BAD_USAGE, Exit } from "../exit.ts";
import { ended, uploadAll } from "../file-uploads.ts";
import { table } from "../terminal/table.ts";
import { openTerminal, type Screen } from "../terminal/terminal.ts";

type Flags = ConnectionFlags & { json?: boolean };
type AddFlags = Flags & { store?: string; purpose: string; analyze?: string[]; atOnce: number };

const AT_ONCE_MAX = 16;

/** `waybill files`: what has been uploaded to be read and found. */
export function addFiles(program: Command): void {
  const files = program
    .command("files")
    .description("upload files that are read and found, and list, show, remove them");
  withFlags(
    files
      .command("add")
      .description("upload files, and wait until they have been read")
      .argument("<path...>", "files")
      .option("-s, --store <NAME>", "add them to this vector store, by name or id; it is made when it is new")
      .option("--purpose <PURPOSE>", "what they are for", "general")
      .option("--analyze <WHAT,…>", "also make abstract, summary, outline, keywords, contexts, graph", words)
      .option("-j, --at-once <N>", "so many at once", wholeNumber, 4),
  ).action((paths: string[], flags: AddFlags) => talkTo(flags, () => add(paths, flags)));
  withFlags(files.command("list").description("list files, newest first")).action((flags: Flags) =>
    talkTo(flags, () => list(flags)),
  );
  withFlags(
    files.command("show").description("print what was read from a file, as Markdown").argument("<id>", "the file's id"),
  ).action((id: string, flags: Flags) => talkTo(flags, () => show(id, flags)));
  withFlags(
    files.command("remove").description("remove files, also from every vector store").argument("<id...>", "their ids"),
  ).action((ids: string[], flags: Flags) => talkTo(flags, () => remove(ids, flags)));
}

function withFlags(command: Command): Command {
  return addConnectionFlags(command).option("--json", "print JSON, one object a line");
}

async function add(paths: readonly string[], flags: AddFlags): Promise<void> {
  if (flags.atOnce < 1 || flags.atOnce > AT_ONCE_MAX) throw new Exit(BAD_USAGE, `--at-once is 1 to ${AT_ONCE_MAX}.`);
  const { out, talk } = openTerminal();
  const api = new DocumentsApi(flags);
  const options = Object.fromEntries((flags.analyze ?? []).map((name) => [name, "enable"]));
  const fields = { purpose: flags.purpose, parse_options: JSON.stringify(options) };
  const uploaded = await uploadAll(api, paths, { fields, atOnce: flags.atOnce, talk });
  for (const { path, file, failure } of uploaded) {
    if (flags.json) out.write(`${JSON.stringify({ path, failure, file })}\n`);
    else if (file && failure === null) out.write(`${file.id}\n`);
    if (failure !== null) talk.write(`${path}: ${failure}\n`);
  }
  const read = uploaded.flatMap(({ file, failure }) => (file && failure === null ? [file.id] : []));
  if (flags.store !== undefined && read.length > 0) await addToStore(api, flags.store, read, talk);
  if (read.length < uploaded.length)
    throw new Exit(1, `${uploaded.length - read.length} of ${uploaded.length} failed.`);
}

async function addToStore(api: DocumentsApi, name: string, ids: readonly string[], talk: Screen): Promise<void> {
  const known = await storeNamed(api, name);
  const store = known ? await api.join(known.id, ids) : await api.createStore(name, ids);
  const task = await ended(api, store.task_id, () => {});
  if (task.status !== "completed") throw new Exit(1, `They are not in ${name}: ${task.failure_reason ?? task.status}`);
  talk.write(talk.style("dim", `In ${name} (${store.id}). Search it: waybill search "…" --store ${store.id}\n`));
}

async function list(flags: Flags): Promise<void> {
  const { out, talk } = openTerminal();
  const rows: StoredFile[] = [];
  for await (const file of new DocumentsApi(flags).files()) {
    if (flags.json) out.write(`${JSON.stringify(file)}\n`);
    else rows.push(file);
  }
  if (flags.json) return;
  if (rows.length === 0) talk.write("There are no files yet: waybill files add PATH\n");
  else out.write(fileTable(rows, out, Date.now()));
}

function fileTable(files: readonly StoredFile[], screen: Screen, now: number): string {
  return table<StoredFile>(
    [
      { title: "ID", cell: ({ id }) => id },
      {
        title: "STATUS",
        cell: ({ status }) => status,
        style: ({ status }) => (status === "error" ? "red" : status === "processed" ? "green" : "cyan"),
      },
      { title: "BYTES", cell: ({ bytes }) => String(bytes), align: "right" },
      { title: "AGE", cell: ({ created_at }) => age(now - created_at * 1_000), align: "right" },
      { title: "NAME", cell: ({ filename }) => filename, shrinks: true },
    ],
    files,
    screen,
  );
}

async function show(id: string, flags: Flags): Promise<void> {
  const { out } = openTerminal();
  const api = new DocumentsApi(flags);
  if (flags.json) {
    out.write(`${JSON.stringify(await api.content(id))}\n`);
    return;
  }
  const pages = await api.pages(id);
  if (pages.length === 0) {
    const { status, status_details } = await api.file(id);
    throw new Exit(1, `Nothing has been read from it: ${status_details ?? status}`);
  }
  out.write(`${pages.join("\n\n")}\n`);
}

async function remove(ids: readonly string[], flags: Flags): Promise<void> {
  const { out, talk } = openTerminal();
  const api = new DocumentsApi(flags);
  for (const id of ids) {
    await api.remove(id);
    if (flags.json) out.write(`${JSON.stringify({ id, deleted: true })}\n`);
    else talk.write(`File ${id} is gone.\n`);
  }
}
