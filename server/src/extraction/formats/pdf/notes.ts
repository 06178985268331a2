/**
 * Footnotes: small lines at the foot of a page that begin with the mark by which the text refers to them. What is raised
 * in a text and has no note there (an exponent) is no mark.
 */
import type { Block } from "../../markdown.ts";
import { type Line, linesOf } from "./regions.ts";
import type { Run } from "./run.ts";

type Note = { label: string; lines: Line[] };

/** Of the size of the text of the document: notes are smaller. */
const NOTE_SIZE_MAX = 0.95;
/** Of the size of a mark: the text that it belongs to is larger, begins as close, and lies as much lower. */
const MARK_SIZE_MIN = 1.2;
const MARK_DISTANCE_MAX = 0.8;
const MARK_RISE_MAX = 0.9;
/** Of a page: with more it is a table of numbers. */
const RUNS_MAX = 5_000;
const LABEL = /^\[\^([^\]]{1,3})\]/;
const BARE_LABEL = /^(\d{1,3}|[*†‡§])(?=\s|$)/;

export type PageNotes = { text: Run[]; notes: Note[] };

/** The notes at the foot of the page, apart from its text. Marks that no note answers to are written as they are. */
export function notesOf(runs: readonly Run[], body: number): PageNotes {
  const whole = withMarksJoined(runs);
  const referred = new Set(whole.flatMap(({ marks = [] }) => marks));
  if (referred.size === 0) return { text: whole, notes: [] };
  const lines = linesOf(whole);
  const small = lines.findLastIndex((line) => !line.every((run) => isSmall(run, body))) + 1;
  const notes: Note[] = [];
  const text = lines.slice(0, small);
  for (const line of lines.slice(small)) {
    const note = notes.at(-1);
    const begun = noteOf(line, referred);
    if (begun) notes.push(begun);
    else if (note) note.lines.push(line);
    else text.push(line);
  }
  const inText = text
    .filter(([run]) => run && isSmall(run, body))
    .flatMap(([run]) => LABEL.exec(run?.text ?? "")?.[1] ?? []);
  const answered = new Set([...notes.map(({ label }) => label), ...inText]);
  const plain = (run: Run) => withoutMarks(run, answered);
  return {
    text: text.flat().map(plain),
    notes: notes.map((note) => ({ ...note, lines: note.lines.map((line) => line.map(plain)) })),
  };
}

/** Each note after the paragraph that refers to it, else last. `blocksOf` makes paragraphs of the lines of a note. */
export function withNotes(
  blocks: readonly Block[],
  notes: readonly Note[],
  blocksOf: (lines: readonly Line[]) => Block[],
): Block[] {
  const made = [...blocks];
  for (const { label, lines } of notes) {
    const [first, ...more] = blocksOf(lines);
    if (!first) continue;
    const text = "text" in first ? first.text : "";
    const note: Block[] = [{ kind: "paragraph", text: `[^${label}]: ${text}` }, ...more];
    const at = made.findIndex(
      (block) => "text" in block && block.text.includes(`[^${label}]`) && !LABEL.test(block.text),
    );
    made.splice(at < 0 ? made.length : at + 1, 0, ...note);
  }
  return made;
}

function isSmall({ size, rows, isField }: Run, body: number): boolean {
  return size <= NOTE_SIZE_MAX * body && !rows && !isField;
}

/** Null of a line that goes on. */
function noteOf(line: Line, referred: ReadonlySet<string>): Note | null {
  const [first, ...more] = line;
  if (!first) return null;
  const raised = LABEL.exec(first.text);
  const bare = raised ? null : BARE_LABEL.exec(first.text);
  const label = raised?.[1] ?? bare?.[1];
  if (label === undefined || (bare && !referred.has(label))) return null;
  const text = first.text.slice((raised ?? bare)?.[0].length).trim();
  return { label, lines: [text === "" ? more : [{ ...first, text }, ...more]] };
}

/** A mark that stands apart from its text, as a part of it. */
function withMarksJoined(runs: readonly Run[]): Run[] {
  if (runs.length > RUNS_MAX) return [...runs];
  const joined = new Map<Run, Run>();
  const marks = new Set<Run>();
  for (const mark of runs) {
    if (!/^(\d{1,3}|[*†‡§]{1,3})$/.test(mark.text) || mark.rows) continue;
    const text = runs.find((run) => run !== mark && isMarkedBy(run, mark));
    if (!text) continue;
    const its = joined.get(text) ?? text;
    const isBefore = mark.right <= text.left + mark.size / 2;
    joined.set(text, {
      ...its,
      text: isBefore ? `[^${mark.text}]${its.text}` : `${its.text}[^${mark.text}]`,
      left: Math.min(its.left, mark.left),
      right: Math.max(its.right, mark.right),
      marks: [...(its.marks ?? []), mark.text],
    });
    marks.add(mark);
  }
  return runs.filter((run) => !marks.has(run)).map((run) => joined.get(run) ?? run);
}

function isMarkedBy(run: Run, mark: Run): boolean {
  if (run.size < MARK_SIZE_MIN * mark.size || run.rows || run.isField) return false;
  const rise = run.y - mark.y;
  const distance = Math.max(run.left - mark.right, mark.left - run.right);
  return (
    rise > 0 && rise <= MARK_RISE_MAX * mark.size && distance > -mark.size && distance <= MARK_DISTANCE_MAX * mark.size
  );
}

function withoutMarks(run: Run, kept: ReadonlySet<string>): Run {
  let { text } = run;
  for (const mark of run.marks ?? []) if (!kept.has(mark)) text = text.replaceAll(`[^${mark}]`, mark);
  return text === run.text ? run : { ...run, text };
}
