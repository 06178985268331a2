/**
 * Reading workbooks, from the file to the last page of Markdown, in a process of its own, beside the library for them called
 * directly in a process of the same kind: ready before each file, as in a server to which files come, and of one file
 * only. Both show every cell and hand over the text. Beside it stands the library in a process that is warm. The other
 * office formats are walked by ourselves: there is no library to compare with.
 *
 *   node bench/office.ts [pairs]
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { setPriority, tmpdir } from "node:os";
import path from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import xlsx from "@e965/xlsx";
import { ProcessExtraction } from "../server/src/extraction/process-extraction.ts";
import { conditions, median } from "./conditions.ts";

const OVERHEAD_MAX = 0.15;
const ROWS = 20_000;
/** Until the next process has loaded what it needs. */
const READY_MS = 1_500;
/** As those that read files have it. */
const NICENESS = 5;
/** In which the system counts processor time. */
const TICK_MS = 10;
/** Files after which a process knows its work. */
const WARM_AFTER = 4;
const pairs = Number(process.argv[2] ?? 5);
const folder = mkdtempSync(path.join(tmpdir(), "waybill-bench-"));
const extraction = new ProcessExtraction();

try {
  console.log(conditions());
  await compare("stock.xlsx", workbook("xlsx"));
  await compare("stock.xls", workbook("biff8"));
} finally {
  await extraction.close();
  rmSync(folder, { recursive: true, force: true });
}

function workbook(type: "xlsx" | "biff8"): Buffer {
  const rows = Array.from({ length: ROWS }, (_, at) => [`Article ${at}`, at % 40, at * 1.25, `Shelf ${at % 300}`]);
  const book = xlsx.utils.book_new();
  xlsx.utils.book_append_sheet(book, xlsx.utils.aoa_to_sheet([["Name", "Count", "Price", "Place"], ...rows]), "Stock");
  return xlsx.write(book, { type: "buffer", bookType: type, compression: true });
}

/** Of what the process did that the file was read in. */
type Cost = { ms: number; processorMs: number };

async function compare(name: string, bytes: Buffer): Promise<void> {
  const file = path.join(folder, name);
  writeFileSync(file, bytes);
  await read(file);
  const ours: Cost[] = [];
  const direct: Cost[] = [];
  const warm: number[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    const library = await libraryProcess();
    await setTimeout(READY_MS);
    ours.push(await read(file));
    direct.push(await readDirectly(library, file));
    for (let again = 1; again < WARM_AFTER; again++) await readDirectly(library, file);
    warm.push((await readDirectly(library, file)).ms);
    library.kill();
    await once(library, "exit");
  }
  const overhead = aboveOf(ours, direct, ({ processorMs }) => processorMs);
  const verdict = overhead <= OVERHEAD_MAX ? "held" : "MISSED";
  const ms = median(ours.map((cost) => cost.ms));
  const shares = [
    `processor time ${percent(overhead)} beside @e965/xlsx, at most +${OVERHEAD_MAX * 100} %: ${verdict}`,
    `by the clock ${percent(aboveOf(ours, direct, (cost) => cost.ms))}`,
    `${percent(ms / median(warm) - 1)} beside it in a warm process`,
  ];
  console.log(`${name}: ${ms.toFixed(0)} ms; ${shares.join("; ")}`);
}

function aboveOf(ours: readonly Cost[], direct: readonly Cost[], of: (cost: Cost) => number): number {
  return median(ours.map((cost, pair) => of(cost) / of(direct[pair] ?? cost))) - 1;
}

function percent(share: number): string {
  return `${share < 0 ? "" : "+"}${(share * 100).toFixed(0)} %`;
}

async function read(file: string): Promise<Cost> {
  let text = 0;
  return costOf(async () => {
    const options = { tenant: "acme", recognize: false, signal: new AbortController().signal };
    const reading = await extraction.open({ path: file, filename: path.basename(file), mediaType: null }, options);
    for await (const page of reading.pages(0)) text += page.content.length;
    if (text === 0) throw new Error("Nothing was read.");
    return () => reading.close();
  });
}

async function libraryProcess(): Promise<ChildProcess> {
  const library = fork(fileURLToPath(new URL("office-library.ts", import.meta.url)), { execArgv: ["--no-warnings"] });
  await once(library, "message");
  if (library.pid !== undefined) setPriority(library.pid, NICENESS);
  return library;
}

function readDirectly(library: ChildProcess, file: string): Promise<Cost> {
  return costOf(async () => {
    library.send(file);
    await once(library, "message");
    return async () => {};
  });
}

/** `work` resolves with what is to be done after the measurement. */
async function costOf(work: () => Promise<() => Promise<unknown>>): Promise<Cost> {
  const before = childrenMs();
  const began = performance.now();
  const end = await work();
  const ms = performance.now() - began;
  const after = childrenMs();
  const processorMs = Math.max(...[...before].map(([pid, spent]) => (after.get(pid) ?? spent) - spent));
  await end();
  return { ms, processorMs };
}

/** What each process of ours has had of the processor (Linux). */
function childrenMs(): Map<string, number> {
  const pids = readFileSync(`/proc/self/task/${process.pid}/children`, "utf8").trim().split(" ");
  return new Map(
    pids.map((pid) => {
      const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
      return [pid, (Number(fields[11]) + Number(fields[12])) * TICK_MS];
    }),
  );
}
