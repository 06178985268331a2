/**
 * What the store holds and cannot give back: a row that does not parse, a file that is gone, a page that the disk has
 * damaged. It is an error for whoever asks for that one thing; lists and starts leave it out, and say so once.
 */
import { Refusal } from "../task/errors.ts";

/** `what` is "task task_01...", "conversation ..." or the like. */
export class Damaged extends Error {
  override readonly name = "Damaged";
  readonly what: string;
  /** All that is wrong is what a row says: it was found, and its page could be read. */
  readonly isOfValue: boolean;

  constructor(what: string, cause: unknown) {
    const issue = cause instanceof Error ? firstIssueOf(cause) : null;
    // A log adds what causes say: of a schema's error that is the JSON of all that is wrong, of which the first says enough.
    super(`The ${what} cannot be read: ${sentenceOf(issue ?? cause)}`, issue === null ? { cause } : {});
    this.what = what;
    this.isOfValue = issue !== null || cause instanceof SyntaxError;
  }
}

/** What to do about damage that no start can go past. */
export const WAYS_ON =
  "What can still be read: waybill doctor. To put a backup in its place: waybill restore --force. To go on with all rows that can " +
  "be read: waybill doctor --mend";

/** What had a damaged page and has been rebuilt from rows, such as "index ...": nothing of it is left out. */
export class Rebuilt extends Damaged {
  readonly rebuilt: string;

  constructor(rebuilt: string) {
    super(`${rebuilt}, which has been rebuilt,`, new Error("a page of it is damaged"));
    this.rebuilt = rebuilt;
  }
}

/**
 * A damaged page has refused what was to be added: `end` is "end of the table ..." or the like, where nobody's can be any more. A running
 * server cannot put another database in the place of its own.
 */
export class DamagedEnd extends Damaged {
  constructor(end: string | null) {
    super(end ?? SOME_PLACE, new Error(`a page is damaged. ${UNTIL_MENDED}`));
  }
}

/** What whoever wanted it kept is told. */
export class NotKept extends Refusal {
  /** Nothing can be added there by anybody. */
  readonly isOfAll: boolean;

  constructor(end: string | null) {
    super("unavailable", `Nothing was kept, as the ${end ?? SOME_PLACE} is damaged. ${UNTIL_MENDED}`, {
      retryAfterS: RETRY_AFTER_S,
    });
    this.isOfAll = end !== null;
  }
}

/** Which page of which table it is, only a look through all of them would say. */
export const SOME_PLACE = "place of what was to be added";
const UNTIL_MENDED =
  "It can be kept once the server is started anew, or waybill doctor --mend is run: that makes the database anew of all that can be read";
const RETRY_AFTER_S = 60;

/** A row; null stands for one at which its statement broke off. */
export function foundRow(row: unknown[] | null): unknown[] {
  if (row === null) throw new Error("a page that it lies on is damaged");
  return row;
}

/** Things of which more were told than this are told again. */
const TOLD_MAX = 10_000;

/** Damaged things that one write passes over: as many as have rows on a page. */
const MET_MAX = 64;

/** Tells of each damaged thing once. */
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

  /** Does what it can; what it cannot go past is told, and keeps nothing that comes behind it. */
  async orPassedOver(what: string, act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      if (error instanceof Refusal) throw error;
      this.note(new Damaged(what, error));
    }
  }

  /** What `write` answers. Damage that it meets beside what it writes is told, and passed over from then on. */
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

  /** What `read` finds; undefined, and told, when it cannot be read. */
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
 * Lets through what `read` finds; what it throws is `Damaged`, except refusals, such as that the disk may give it at
 * another time. A file that is not found is damage: the row that names it is there.
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
