/**
 * Damage: what the store holds and cannot read, such as a row that does not parse, a file that is gone or a damaged page. It is an
 * error for a caller who asks for that one thing; lists and starts leave it out, and report it once.
 */
import { Refusal } from "../task/errors.ts";

/** `what` is "task task_01...", "conversation ..." or the like. */
export class Damaged extends Error {
  override readonly name = "Damaged";
  readonly what: string;
  /** The row was found and its page read; only its value is wrong. */
  readonly isOfValue: boolean;

  constructor(what: string, cause: unknown) {
    const issue = cause instanceof Error ? firstIssueOf(cause) : null;
    // A schema's error is not the cause: a log would add its message, the JSON of everything that is wrong. The first issue says enough.
    super(`The ${what} cannot be read: ${sentenceOf(issue ?? cause)}`, issue === null ? { cause } : {});
    this.what = what;
    this.isOfValue = issue !== null || cause instanceof SyntaxError;
  }
}

/** What people can do about damage that keeps a server from its start. */
export const WAYS_ON =
  "What can still be read: waybill doctor. To put a backup in its place: waybill restore --force. To go on with all rows that can " +
  "be read: waybill doctor --mend";

/** The database's log (its WAL) is damaged. Only a start mends it: whoever else opens and closes the database would remove it. */
export class DamagedWal extends Error {
  override readonly name = "DamagedWal";

  constructor() {
    super(
      "the beginning of its write-ahead log is damaged: a start of the server rebuilds it, or keeps a copy of the log",
    );
  }
}

/** Damage that was mended: `rebuilt`, such as "index ...", was rebuilt from rows without any loss. */
export class Rebuilt extends Damaged {
  readonly rebuilt: string;

  constructor(rebuilt: string) {
    super(`${rebuilt}, which has been rebuilt,`, new Error("a page of it is damaged"));
    this.rebuilt = rebuilt;
  }
}

/** A start is about to rebuild the database. */
export class Rebuilding extends Damaged {
  constructor(what: string, why: string, options?: ErrorOptions) {
    super(
      what,
      new Error(
        `${why}: the database is rebuilt from all rows that can be read, which takes minutes for a large one`,
        options,
      ),
    );
  }
}

/** A start has rebuilt the database without the rows of damaged pages. The former database is in the folder `aside`. */
export class LostRows extends Damaged {
  constructor(tables: readonly string[], aside: string) {
    const why = `they lie on damaged pages, and the database was rebuilt without them. The former one is in ${aside}`;
    super(`rows of ${tables.join(", ")}`, new Error(why));
  }
}

/**
 * A damaged page has refused a write: `end` is "end of the table ..." or the like, to which nothing can be added any more; null where only
 * writes to that page are refused. A running server cannot put another database in the place of its own.
 */
export class DamagedEnd extends Damaged {
  readonly end: string | null;

  constructor(end: string | null) {
    super(end ?? SOME_PLACE, new Error(`a page is damaged. ${UNTIL_MENDED}`));
    this.end = end;
  }
}

/** What whoever wanted it kept is told. At an end it is as on a full disk: whatever another would add is refused as well. */
export function notKept(end: string | null): Refusal {
  const message = `Nothing was kept, as the ${end ?? SOME_PLACE} is damaged. ${UNTIL_MENDED}`;
  return new Refusal("unavailable", message, { retryAfterS: RETRY_AFTER_S, ...(end === null && { damaged: true }) });
}

/** Which page of which table it is, only a look through all of them would say. */
export const SOME_PLACE = "place of what was to be added";
const UNTIL_MENDED =
  "It can be kept once the server is started anew, or waybill doctor --mend is run: that rebuilds the database from all rows that can be read";
const RETRY_AFTER_S = 60;

/** The row of a statement; null stands for a row on a damaged page. */
export function foundRow(row: unknown[] | null): unknown[] {
  if (row === null) throw new Error("a page that it lies on is damaged");
  return row;
}

/** After so many reports the log forgets them, and reports a thing again. */
const TOLD_MAX = 10_000;

/** Damaged things that one write may pass over: about as many as have rows on a page. */
const MET_MAX = 64;

/** Reports each damaged thing once. */
export class DamageLog {
  readonly #tell: (damage: Damaged) => void;
  readonly #told = new Set<string>();

  constructor(tell: (damage: Damaged) => void = () => {}) {
    this.#tell = tell;
  }

  note(damage: Damaged): void {
    if (this.#told.has(damage.what)) return;
    if (this.#told.size >= TOLD_MAX) this.#told.clear();
    this.#told.add(damage.what);
    this.#tell(damage);
  }

  /** Runs `act`. An error that is no refusal is reported as damage, and the caller goes on. */
  async orPassedOver(what: string, act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      if (error instanceof Refusal) throw error;
      this.note(new Damaged(what, error));
    }
  }

  /** The answer of `write`, which is tried again after each damage that it meets: it passes over what it has met before. */
  async passingOver<Answer>(write: () => Promise<Answer>): Promise<Answer> {
    for (let met = 0; ; met++) {
      try {
        return await write();
      } catch (error) {
        if (!(error instanceof Damaged) || met === MET_MAX) throw error;
        this.note(error);
      }
    }
  }

  /** The answer of `read`; undefined, and reported, when it throws. */
  orLeftOut<Value>(what: string, read: () => Value): Value | undefined {
    try {
      return read();
    } catch (error) {
      this.note(new Damaged(what, error));
      return undefined;
    }
  }
}

/**
 * The answer of `read`. Its errors become `Damaged`, except refusals, for instance of a disk that does not answer now. `not_found` is
 * damage too: the row that names the file is there.
 */
export async function orDamaged<Value>(what: string, read: () => Promise<Value>): Promise<Value> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof Refusal && error.code !== "not_found") throw error;
    throw new Damaged(what, error);
  }
}

const SENTENCE_CHARACTERS_MAX = 500;

function sentenceOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replaceAll(/\s+/g, " ").slice(0, SENTENCE_CHARACTERS_MAX);
}

function firstIssueOf(error: Error): string | null {
  const [first]: unknown[] = "issues" in error && Array.isArray(error.issues) ? error.issues : [];
  if (typeof first !== "object" || first === null || !("message" in first) || !("path" in first)) return null;
  const at = Array.isArray(first.path) ? first.path.join(".") : "";
  return at === "" ? `it is wrong: ${first.message}` : `${at}: ${first.message}`;
}
