import { isTerminal, type StoredFile, type Task, type TaskHandle, type VectorStore, type Waybill } from "@waybill/sdk";
import { age } from "@waybill/sdk/display";
import { type Command, Option } from "commander";
import { ANALYSES, type Analysis, PURPOSES } from "../../task/documents/document-words.ts";
import { someOf, wholeNumber } from "../arguments.ts";
import { addConnectionFlags, type ConnectionFlags, talkTo } from "../connection.ts";
import { BAD_USAGE, Exit } from "../exit.ts";
import { uploadAll } from "../file-uploads.ts";
import { table } from "../terminal/table.ts";
import { openTerminal, type Screen } from "../terminal/terminal.ts";
import { storeNamed } from "../vector-store-name.ts";

type Flags = ConnectionFlags & { json?: boolean };
type AddFlags = Flags & { store?: string; purpose: Purpose; analyze?: Analysis[]; atOnce: number };
type Purpose = (typeof PURPOSES)[number];

const AT_ONCE_MAX = 16;
/** Files of one request. */
const ADDED_AT_ONCE = 500;
const PAGE = 200;
/** Of one long poll. */
const WAIT_S = 30;

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
      .addOption(new Option("--purpose <PURPOSE>", "what they are for").choices(PURPOSES).default("general"))
      .option("--analyze <WHAT,…>", `also make ${ANALYSES.join(", ")}`, someOf(ANALYSES, "analysis"))
      .option("-j, --at-once <N>", "so many at once", wholeNumber, 4),
  ).action((paths: string[], flags: AddFlags) => talkTo(flags, (client) => add(client, paths, flags)));
  withFlags(files.command("list").description("list files, newest first")).action((flags: Flags) =>
    talkTo(flags, (client) => list(client, flags)),
  );
  withFlags(
    files.command("show").description("print what was read from a file, as Markdown").argument("<id>", "the file's id"),
  ).action((id: string, flags: Flags) => talkTo(flags, (client) => show(client, id, flags)));
  withFlags(
    files.command("remove").description("remove files, also from every vector store").argument("<id...>", "their ids"),
  ).action((ids: string[], flags: Flags) => talkTo(flags, (client) => remove(client, ids, flags)));
}

function withFlags(command: Command): Command {
  return addConnectionFlags(command).option("--json", "print JSON, one object a line");
}

async function add(client: Waybill, paths: readonly string[], flags: AddFlags): Promise<void> {
  if (flags.atOnce < 1 || flags.atOnce > AT_ONCE_MAX) throw new Exit(BAD_USAGE, `--at-once is 1 to ${AT_ONCE_MAX}.`);
  const { out, talk } = openTerminal();
  const { purpose, analyze, atOnce } = flags;
  const options = { purpose, ...(analyze && { analyses: analyze }) };
  const known = flags.store === undefined ? undefined : await storeNamed(client, flags.store);
  const uploaded = await uploadAll(client, paths, { options, atOnce, talk });
  for (const { path, file, failure } of uploaded) {
    if (flags.json) out.write(`${JSON.stringify({ path, failure, file })}\n`);
    else if (file && failure === null) out.write(`${file.id}\n`);
    if (failure !== null) talk.write(`${path}: ${failure}\n`);
  }
  const read = uploaded.flatMap(({ file, failure }) => (file && failure === null ? [file.id] : []));
  if (flags.store !== undefined && read.length > 0) {
    const store = known ?? (await client.vectorStores.create({ name: flags.store }));
    await addToStore(client, store, read, talk);
  }
  if (read.length < uploaded.length)
    throw new Exit(1, `${uploaded.length - read.length} of ${uploaded.length} failed.`);
}

async function addToStore(client: Waybill, store: VectorStore, ids: readonly string[], talk: Screen): Promise<void> {
  const { name } = store;
  for (let at = 0; at < ids.length; at += ADDED_AT_ONCE) {
    const added = ids.slice(at, at + ADDED_AT_ONCE).map((file_id) => ({ file_id }));
    const [first] = await client.vectorStores.addFiles(store.id, added);
    const task = first?.task_id && (await ended(client.task(first.task_id)));
    if (task && task.state !== "completed") {
      throw new Exit(1, `They are not in ${name}: ${task.error?.message ?? task.state}`);
    }
  }
  talk.write(talk.style("dim", `In ${name} (${store.id}). Search it: waybill search "…" --store ${store.id}\n`));
}

async function ended(handle: TaskHandle): Promise<Task> {
  for (;;) {
    const task = await handle.get({ waitS: WAIT_S });
    if (isTerminal(task.state)) return task;
  }
}

async function list(client: Waybill, flags: Flags): Promise<void> {
  const { out, talk } = openTerminal();
  const rows: StoredFile[] = [];
  for await (const file of client.files.list({ limit: PAGE })) {
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
      { title: "AGE", cell: ({ created_at }) => age(now - Date.parse(created_at)), align: "right" },
      { title: "NAME", cell: ({ filename }) => filename, shrinks: true },
    ],
    files,
    screen,
  );
}

/** As JSON the record comes first, with what analyses have made of it, and then each page. */
async function show({ files }: Waybill, id: string, flags: Flags): Promise<void> {
  const { out } = openTerminal();
  const file = await files.get(id);
  if (flags.json) out.write(`${JSON.stringify({ ...file, analysis: await files.analysis(id) })}\n`);
  let shown = 0;
  for await (const page of files.pages(id)) {
    out.write(flags.json ? `${JSON.stringify(page)}\n` : `${shown === 0 ? "" : "\n"}${page.content}\n`);
    shown += 1;
  }
  if (shown === 0 && !flags.json) throw new Exit(1, `Nothing has been read from it: ${file.error ?? file.status}`);
}

async function remove(client: Waybill, ids: readonly string[], flags: Flags): Promise<void> {
  const { out, talk } = openTerminal();
  for (const id of ids) {
    await client.files.delete(id);
    if (flags.json) out.write(`${JSON.stringify({ id, deleted: true })}\n`);
    else talk.write(`File ${id} is gone.\n`);
  }
}
