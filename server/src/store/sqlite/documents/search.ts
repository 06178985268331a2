/**
 * The search index of titles and inputs. It is filled behind the submits and caught up before a search: to add a text of one line takes
 * 31 us, where the submit itself takes 49 (in batches of 64).
 */
import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import path from "node:path";
import type { Database } from "better-sqlite3";
import { Refusal } from "../../../task/errors.ts";
import { readMarker } from "../../codec/marker.ts";
import { numberIn, textIn } from "../column.ts";
import { isCorrupt } from "../database.ts";
import { lateRows, lateRun } from "../late-statements.ts";
import type { Pace } from "../thread/pace.ts";

/** Later parts of an input are not searched. */
const TEXT_CHARACTERS_MAX = 100_000;
/** Bytes read of a longer file: as many characters, each of up to four bytes, and as much again for keys. */
const BEGINNING_BYTES = 1 << 20;
const TERMS_MAX = 32;
/** Characters of a text in a script without spaces: finding its words takes 0.4 us each. */
const SEGMENTED_CHARACTERS_MAX = 20_000;
/** The writer's time at once. */
const SLICE_MS = 20;
/** Characters added at once, unless one text alone has more: 100,000 take 15 to 25 ms to read, add and commit. */
const SLICE_CHARACTERS = TEXT_CHARACTERS_MAX;

export class SearchIndex {
  readonly #progress;
  readonly #newest;
  readonly #next;
  readonly #submission;
  readonly #insert;
  readonly #advance;
  readonly #filesFolder: string | null;
  /** The task whose damage ended the last transaction: it is passed over. */
  #broken = 0;

  constructor(db: Database, filesFolder: string | null) {
    this.#filesFolder = filesFolder;
    this.#progress = db.prepare<unknown[], unknown[]>("SELECT n FROM search_progress").raw();
    this.#newest = db.prepare<unknown[], unknown[]>("SELECT ifnull(max(task), 0) FROM submissions").raw();
    this.#next = db
      .prepare<unknown[], unknown>("SELECT task FROM submissions WHERE task > ? AND task <= ? ORDER BY task LIMIT ?")
      .pluck();
    this.#submission = db
      .prepare<unknown[], unknown[]>(
        "SELECT CASE WHEN json_valid(fixed) THEN fixed ->> '$.title' ELSE '' END, input FROM submissions WHERE task = ?",
      )
      .raw();
    this.#insert = db.prepare<unknown[]>("INSERT INTO search (rowid, title, input) VALUES (?, ?, ?)");
    this.#advance = db.prepare<unknown[]>("UPDATE search_progress SET n = ?");
  }

  /**
   * Adds the next tasks, as many as `limit` and the time of a slice allow, and none beyond `upTo`, which is the newest when it is null:
   * under constant submits there would be no end. Returns the last number to be added later; null when all are.
   */
  catchUp(limit: number, pace: Pick<Pace, "turn">, upTo: number | null): number | null {
    const last = upTo ?? numberIn(this.#newest.get()?.[0]);
    const isOver = pace.turn(SLICE_MS);
    let reached = numberIn(this.#progress.get()?.[0]);
    let added = 0;
    let characters = 0;
    const isFull = () => added === limit || characters >= SLICE_CHARACTERS || reached === this.#broken || isOver();
    for (const n of this.#next.all(reached, last, limit).map(numberIn)) {
      const texts = this.#textsOf(n);
      characters += texts[0].length + texts[1].length;
      if (added > 0 && characters > SLICE_CHARACTERS) break;
      this.#insert.run(n, ...texts);
      reached = n;
      added += 1;
      if (isFull()) break;
    }
    if (added > 0) this.#advance.run(reached);
    return isFull() && reached < last ? last : null;
  }

  /** Empty for an unreadable task: it would keep all later ones from being found. */
  #textsOf(task: number): [title: string, input: string] {
    const [title, input] = task === this.#broken ? [] : this.#read(task);
    try {
      return indexed(String(title ?? ""), this.#readText(textIn(input)));
    } catch {
      return indexed(String(title ?? ""), "");
    }
  }

  /** A damaged page ends the whole transaction, and not only this statement: the next one passes over the task. */
  #read(task: number): unknown[] {
    try {
      return this.#submission.get(task) ?? [];
    } catch (error) {
      if (isCorrupt(error)) this.#broken = task;
      throw error;
    }
  }

  #readText(stored: string): string {
    const marker = readMarker(stored);
    if (!marker) return textsIn(stored);
    if (this.#filesFolder === null) return marker.preview;
    const { sha256 } = marker;
    const file = path.join(this.#filesFolder, sha256.slice(0, 2), sha256.slice(2));
    return marker.bytes > BEGINNING_BYTES ? textsInBeginning(beginningOf(file)) : textsIn(readFileSync(file, "utf8"));
  }
}

/** The searched part of a long file's JSON: to parse 60 MB would take the writer 0.2 s. */
function beginningOf(file: string): string {
  const descriptor = openSync(file, "r");
  try {
    const bytes = Buffer.alloc(BEGINNING_BYTES);
    return bytes.toString("utf8", 0, readSync(descriptor, bytes));
  } finally {
    closeSync(descriptor);
  }
}

const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
/** A backslash, a `u` and four digits. */
const ESCAPE_CHARACTERS_MAX = 6;

/** As `textsIn`, for JSON that breaks off. */
function textsInBeginning(json: string): string {
  let text = "";
  for (let at = 0; at < json.length && text.length < TEXT_CHARACTERS_MAX; ) {
    NUMBER.lastIndex = at;
    const number = NUMBER.exec(json)?.[0];
    if (json[at] === '"') {
      const end = endOfText(json, at + 1);
      if (json[end + 1] !== ":") text += `${unescaped(json.slice(at + 1, end))}\n`;
      at = end + 1;
    } else if (number !== undefined) {
      text += `${number}\n`;
      at += number.length;
    } else at += 1;
  }
  return text.slice(0, TEXT_CHARACTERS_MAX);
}

function endOfText(json: string, from: number): number {
  let at = from;
  while (at < json.length && json[at] !== '"') at += json[at] === "\\" ? 2 : 1;
  return Math.min(at, json.length);
}

/** Without an escape that breaks off at its end. */
function unescaped(text: string): string {
  for (let cut = 0; cut < ESCAPE_CHARACTERS_MAX; cut++)
    try {
      return JSON.parse(`"${text.slice(0, text.length - cut)}"`);
    } catch {}
  return "";
}

function indexed(title: string, input: string): [title: string, input: string] {
  return [segmented(title), segmented(input)];
}

/** Replaces a task's texts in the index, if it has any. */
export function indexedAnew(db: Database): (task: number, title: string, input: string) => void {
  const update = lateRun(db, "UPDATE search SET title = ?, input = ? WHERE rowid = ?");
  const isIn = lateRows(db, "SELECT 1 FROM search_progress WHERE n >= ?");
  return (task, title, input) => {
    if (isIn.get(task)) update.run(...indexed(title, textsIn(input)), task);
  };
}

/** All texts in a value from its JSON, without keys. */
function textsIn(json: string): string {
  let text = "";
  const visit = (inner: unknown): void => {
    if (text.length >= TEXT_CHARACTERS_MAX) return;
    if (typeof inner === "string") text += `${inner}\n`;
    else if (typeof inner === "number") text += `${inner}\n`;
    else if (Array.isArray(inner)) inner.forEach(visit);
    else if (typeof inner === "object" && inner !== null) Object.values(inner).forEach(visit);
  };
  visit(JSON.parse(json));
  return text.slice(0, TEXT_CHARACTERS_MAX);
}

const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}]/u;
const words = new Intl.Segmenter(undefined, { granularity: "word" });

/** Puts spaces into scripts that have none, line by line: the segmenter runs out of memory on a whole book. */
function segmented(text: string): string {
  if (!UNSPACED.test(text)) return text;
  return text
    .slice(0, SEGMENTED_CHARACTERS_MAX)
    .split("\n")
    .map((line) => (UNSPACED.test(line) ? Array.from(words.segment(line), ({ segment }) => segment).join(" ") : line))
    .join("\n");
}

/**
 * The user's words as an FTS5 query: every one quoted, so that none is an operator, and all of them wanted. A NUL would
 * end the query in the middle of a quoted word.
 */
export function searchQuery(text: string): string {
  const terms = segmented(text)
    .split(/[\s\0]+/)
    .filter((term) => /[\p{L}\p{N}]/u.test(term));
  if (terms.length === 0) throw new Refusal("invalid", "A text search needs at least one word.", { field: "text" });
  if (terms.length > TERMS_MAX) {
    throw new Refusal("invalid", `A text search takes at most ${TERMS_MAX} words.`, { field: "text" });
  }
  return terms.map((term) => `"${term.replaceAll('"', '""')}"`).join(" ");
}
