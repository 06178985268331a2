/**
 * The crash record as a small file of slots of a fixed size: the first says which process this is and how it ends, and
 * each other one holds one attempt in flight. Written in place and not synced: it must outlive the process, not the
 * machine, whose own end shows in the name of its boot.
 */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { uptime } from "node:os";
import path from "node:path";
import { z } from "zod";
import type { TaskId } from "../../../task/id.ts";
import { currentPlace, type Place } from "../../execution/current-place.ts";
import {
  type CrashRecord,
  FIRST_START,
  type Flight,
  type HowItEnded,
  KILLED,
  type LastEnd,
  mayBlame,
  removeOne,
} from "./crash-record.ts";
import { SLOT_BYTES, SlotFile } from "./slot-file.ts";

/** What a slot keeps of a step's name; of several steps, as many as fit. */
const NAME_CHARACTERS_MAX = 255;
const SAID_CHARACTERS_MAX = 100;
/** Slots read of a record, whoever wrote it. */
const SLOTS_MAX = 200_000;
/** Two reckonings of when the machine was started that differ by less are of the same start. */
const BOOT_SLACK_MS = 300_000;

const ended = z.object({
  how: z.enum(["clean", "outside", "power", "own", "unknown"]),
  said: z.string(),
  culprit: z.object({ task: z.string(), step: z.string().nullable() }).nullable(),
});
const header = z.object({ boot: z.string(), pid: z.int(), deaths: z.int(), end: ended.nullable() });
const flight = z.object({ task: z.string(), attempt: z.int(), steps: z.array(z.string()) });

type Header = z.infer<typeof header>;
type Ended = z.infer<typeof ended>;
type Slot = { at: number; flight: Flight };

/** An end is written with the next beginning, or after this: most are followed by one at once. */
const CORRECTED_MS = 100;

export type CrashRecordFiles = {
  record: string;
  /** Where Node.js writes its report when it runs out of memory. */
  report: string;
};

/** Where both lie in a data folder. */
export function crashRecordFiles(folder: string): CrashRecordFiles {
  return { record: path.join(folder, "in-flight"), report: path.join(folder, "fatal-error.json") };
}

export class CrashRecordFile implements CrashRecord {
  readonly #files: CrashRecordFiles;
  readonly #slots = new Map<TaskId, Slot>();
  readonly #free: number[] = [];
  /** Slots that still name a step which has ended. */
  readonly #doubtful = new Set<Slot>();
  #correction: NodeJS.Timeout | null = null;
  readonly #file: SlotFile;
  readonly #boot = bootOf();
  #used = 1;
  #last: LastEnd | null = null;
  #deaths = 0;
  #end: Ended | null = null;

  constructor(files: CrashRecordFiles) {
    this.#files = files;
    this.#file = new SlotFile(files.record);
  }

  last(): LastEnd {
    this.#last ??= this.#read();
    return this.#last;
  }

  begin(): void {
    this.#deaths = this.last().deaths;
    rmSync(this.#files.report, { force: true });
    this.#file.begin();
    this.#writeHeader();
  }

  runBegins(task: TaskId, attempt: number): Promise<void> {
    const slot = { at: this.#free.pop() ?? this.#used++, flight: { task, attempt, steps: [] } };
    this.#slots.set(task, slot);
    this.#put(slot);
    return this.#file.written();
  }

  stepBegins(task: TaskId, step: string): Promise<void> {
    const slot = this.#slots.get(task);
    if (!slot) return Promise.resolve();
    slot.flight.steps.push(nameOf(step));
    this.#put(slot);
    return this.#file.written();
  }

  stepEnded(task: TaskId, step: string): void {
    const slot = this.#slots.get(task);
    if (!slot) return;
    removeOne(slot.flight.steps, nameOf(step));
    this.#doubtful.add(slot);
    this.#correctSoon();
  }

  runEnded(task: TaskId): void {
    const slot = this.#slots.get(task);
    if (!slot) return;
    this.#slots.delete(task);
    this.#doubtful.delete(slot);
    this.#free.push(slot.at);
    this.#file.clear(slot.at);
    this.#correctSoon();
  }

  ends(how: HowItEnded, said: string, culprit: Place | null = how === "own" ? currentPlace() : null): void {
    if (this.#end !== null && how !== "clean") return;
    const whose = culprit && { task: culprit.task, step: culprit.step === null ? null : nameOf(culprit.step) };
    this.#end = { how, said: said.slice(0, SAID_CHARACTERS_MAX), culprit: whose };
    this.#writeHeader();
  }

  #writeHeader(): void {
    const { pid } = process;
    this.#file.put(0, textFor({ boot: this.#boot, pid, deaths: this.#deaths, end: this.#end }, withShorterEnd));
    this.#file.write();
  }

  #correctSoon(): void {
    this.#correction ??= setTimeout(() => {
      this.#correction = null;
      for (const slot of this.#doubtful) this.#put(slot);
      this.#file.write();
    }, CORRECTED_MS).unref();
  }

  #put(slot: Slot): void {
    this.#doubtful.delete(slot);
    this.#file.put(slot.at, textFor(slot.flight, withShorterSteps));
  }

  #read(): LastEnd {
    const { record } = this.#files;
    if (!existsSync(record)) return FIRST_START;
    const [first = "", ...rest] = readFileSync(record, "utf8").split("\n", SLOTS_MAX);
    const known = header.safeParse(jsonOf(first));
    if (!known.success) return FIRST_START;
    const { boot, deaths, end } = known.data;
    const flights = rest.flatMap((line) => {
      const parsed = flight.safeParse(jsonOf(line));
      return parsed.success ? [parsed.data] : [];
    });
    const death = end ?? this.#wordless(boot);
    return { ...death, flights, deaths: mayBlame(death.how) ? deaths + 1 : 0 };
  }

  /** What ended a process that could say nothing. */
  #wordless(boot: string): Ended {
    if (!isSameBoot(boot, this.#boot)) return { how: "power", said: "The machine started anew.", culprit: null };
    if (existsSync(this.#files.report)) return { how: "own", said: "It ran out of memory.", culprit: null };
    return KILLED;
  }
}

/** The text of what fits into a slot, made shorter until it does. */
function textFor<Value>(value: Value, shorter: (value: Value) => Value): string {
  let text = JSON.stringify(value);
  for (let short = value; !fits(text); text = JSON.stringify(short)) short = shorter(short);
  return text;
}

/** Two steps stay, however short: one that is named alone is taken for the one that ran. */
function withShorterSteps(flight: Flight): Flight {
  const { steps } = flight;
  return { ...flight, steps: steps.length > 2 ? steps.slice(0, -1) : steps.map(halfOf) };
}

function withShorterEnd(header: Header): Header {
  const { end } = header;
  if (end === null) return header;
  const { said, culprit } = end;
  const step = culprit?.step ?? null;
  return {
    ...header,
    end: { ...end, said: halfOf(said), culprit: culprit && { ...culprit, step: step && halfOf(step) } },
  };
}

function halfOf(text: string): string {
  return text.slice(0, text.length / 2);
}

/** A UTF-16 unit takes three bytes at most. */
function fits(text: string): boolean {
  return text.length * 3 < SLOT_BYTES || Buffer.byteLength(text) < SLOT_BYTES;
}

function nameOf(step: string): string {
  return step.slice(0, NAME_CHARACTERS_MAX);
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

/** The name of this start of the machine; where the system has none, when that was. */
function bootOf(): string {
  const file = "/proc/sys/kernel/random/boot_id";
  return existsSync(file) ? readFileSync(file, "utf8").trim() : String(Math.round(Date.now() - uptime() * 1_000));
}

function isSameBoot(one: string, other: string): boolean {
  return one === other || Math.abs(Number(one) - Number(other)) < BOOT_SLACK_MS;
}
