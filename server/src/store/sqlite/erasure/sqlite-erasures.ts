/** The verbs of the store on erasures, over its channels and its files. It knows no SQL. */
import type { AuditEntry } from "../../../task/audit.ts";
import { type BackupRecord, type Erasure, pseudonymOf } from "../../../task/erasure.ts";
import { Refusal } from "../../../task/errors.ts";
import type { TaskId } from "../../../task/id.ts";
import type { TaskChange } from "../../change-feed.ts";
import { backupOf, erasureOf } from "../../codec/erasure-rows.ts";
import { prepareAudit } from "../../codec/prepare.ts";
import { Damaged } from "../../damage.ts";
import type { ErasableTask, ErasureStore } from "../../erasure-store.ts";
import type { KeptFiles } from "../../kept-files.ts";
import { numberIn, textIn } from "../column.ts";
import type { Channels } from "../thread/channels.ts";
import type { Scrubbed } from "./scrub.ts";

type Parts = Channels & {
  clock: () => number;
  /** Names of folders that restores have moved aside: copies that nobody else remembers. */
  copies: () => Promise<{ path: string; at: number }[]>;
  scrub: () => Promise<Scrubbed>;
  /** Called with rewritten tasks. */
  changed: (tasks: readonly TaskChange[]) => void;
};

/** Each of them takes seconds. */
const RUNNING_PAGE = 100;

const UNWRITTEN =
  "Unused bytes within the database may hold pieces of it until the database is written anew, which holds every submit: " +
  "stop the server when that suits you, and run waybill doctor --compact.";

export class SqliteErasures implements ErasureStore {
  readonly #parts: Parts;
  readonly #files: KeptFiles;

  constructor(parts: Parts, files: KeptFiles) {
    this.#parts = parts;
    this.#files = files;
  }

  async begin(wanted: Erasure, audit: AuditEntry): Promise<Erasure> {
    return erasureOf(await this.#parts.writes.send("beginErasure", { erasure: wanted, audit: prepareAudit(audit) }));
  }

  async find(tenant: string, id: string): Promise<Erasure | null> {
    const row = await this.#parts.searches.send("erasure", { tenant, id });
    return row === null ? null : this.#withBackups(erasureOf(row[0]));
  }

  async list(tenant: string, limit: number): Promise<Erasure[]> {
    const found = await this.#parts.searches.send("erasures", { tenant, limit });
    return Promise.all(this.#readable(found.rows, "erasure", erasureOf).map((each) => this.#withBackups(each)));
  }

  async running(after: string): Promise<{ erasures: Erasure[]; next: string | null }> {
    const { rows, more } = await this.#parts.reads.send("runningErasures", { after, limit: RUNNING_PAGE });
    return { erasures: this.#readable(rows, "erasure", erasureOf), next: more ? textIn(rows.at(-1)?.[0]) : null };
  }

  async tasks(
    { tenant, subject }: Pick<Erasure, "tenant" | "subject">,
    page: { open: boolean; after: number; except: readonly TaskId[] },
  ) {
    const found = await this.#parts.searches.send("erasableTasks", { tenant, subject, ...page });
    const tasks = found.tasks.map(
      ([id, isOpen, isDeleted]): ErasableTask => ({
        id: textIn(id),
        isOpen: numberIn(isOpen) === 1,
        isDeleted: numberIn(isDeleted) === 1,
      }),
    );
    return { tasks, next: found.next, isUnread: found.isUnread };
  }

  async cleanups(tenant: string, since: number): Promise<number> {
    return await this.#parts.searches.send("openCleanups", { tenant, since });
  }

  /** Tasks that cannot be removed together are halved until the damaged ones are alone. */
  async eraseTasks(id: string, tasks: readonly TaskId[]): Promise<{ isMore: boolean; damaged: TaskId[] }> {
    try {
      return { isMore: await this.#parts.writes.send("eraseTasks", { id, ids: tasks }), damaged: [] };
    } catch (error) {
      const [first] = tasks;
      if (error instanceof Refusal || first === undefined) throw error;
      if (tasks.length === 1) {
        this.#parts.damage.note(new Damaged(`task ${first}`, error));
        return { isMore: false, damaged: [first] };
      }
      const middle = Math.ceil(tasks.length / 2);
      const before = await this.eraseTasks(id, tasks.slice(0, middle));
      const behind = await this.eraseTasks(id, tasks.slice(middle));
      return { isMore: before.isMore || behind.isMore, damaged: [...before.damaged, ...behind.damaged] };
    }
  }

  async eraseRecords(id: string): Promise<{ isMore: boolean; damaged: string[] }> {
    try {
      const { isMore, renamed, damaged } = await this.#parts.writes.send("eraseRecords", { id });
      this.#parts.changed(renamed);
      return { isMore, damaged };
    } catch (error) {
      if (!(error instanceof Damaged)) throw error;
      this.#parts.damage.note(new Damaged(`${error.what}, of erasure ${id},`, error.cause));
      return { isMore: true, damaged: [] };
    }
  }

  async eraseWords(): Promise<boolean> {
    return await this.#parts.writes.send("eraseWords", null);
  }

  async eraseFiles(id: string): Promise<number> {
    for (;;) {
      const hashes = (await this.#parts.searches.send("erasedFiles", { id })).map(([sha256]) => textIn(sha256));
      if (hashes.length === 0) return 0;
      const gone = await this.#files.removeUnnamed(hashes, this.#parts.clock());
      if (gone.length > 0) await this.#parts.writes.send("forgetErasedFiles", { id, hashes: gone });
      if (gone.length < hashes.length) return hashes.length - gone.length;
    }
  }

  async scrub(): Promise<string | null> {
    const { isCompact, isLogEmpty } = await this.#parts.scrub();
    if (!isLogEmpty) return "The log of the database is being read: its pages are overwritten as it is written on.";
    return isCompact ? null : UNWRITTEN;
  }

  async end(id: string, at: number, kept: readonly string[]): Promise<Erasure | null> {
    const found = await this.#parts.reads.send("runningErasure", { id });
    if (found === null) return null;
    const of = erasureOf(found[0]);
    const ended: Erasure = {
      ...of,
      state: "completed",
      endedAt: at,
      kept: [...kept, ...(await this.#partsLeft(of))],
      backups: await this.#backups(of, at),
      ...(of.subject.type === "user" && namedNoMore(of)),
    };
    return (await this.#parts.writes.send("endErasure", { id, record: JSON.stringify(ended) })) ? ended : null;
  }

  async noteBackup(backup: BackupRecord): Promise<void> {
    const { id, madeAt } = backup;
    await this.#parts.writes.send("noteBackup", { id, madeAt, record: JSON.stringify(backup) });
  }

  /** A backup that was under way at its end is known only now. */
  async #withBackups(of: Erasure): Promise<Erasure> {
    return of.endedAt === null ? of : { ...of, backups: await this.#backups(of, of.endedAt) };
  }

  async #partsLeft({ tenant, subject }: Erasure): Promise<string[]> {
    if (subject.type === "conversation") return [];
    const open = await this.#parts.searches.send("openParts", { tenant, user: subject.id });
    if (open === 0) return [];
    return [
      `The name stays in ${open} open tasks of others that the user takes part in: reassign them, and erase again.`,
    ];
  }

  /** Backups that hold some of its data, whoever made them. */
  async #backups({ since }: Erasure, at: number): Promise<BackupRecord[]> {
    if (since === null) return [];
    const found = await this.#parts.searches.send("backupsBetween", { from: since, to: at });
    const made = this.#readable(found.rows, "backup", backupOf);
    const copies = (await this.#parts.copies()).filter((copy) => copy.at >= since);
    return [...made, ...copies.map(({ path, at }) => ({ id: path, madeAt: at, path, encrypted: false }))];
  }

  #readable<Item>(rows: unknown[][], what: string, read: (record: unknown) => Item): Item[] {
    return rows.flatMap(([id, record]) => this.#parts.damage.orLeftOut(`${what} ${id}`, () => read(record)) ?? []);
  }
}

function namedNoMore(of: Erasure): Pick<Erasure, "subject" | "requestedBy"> {
  const name = pseudonymOf(of);
  return {
    subject: { type: "user", id: name },
    requestedBy: of.requestedBy === of.subject.id ? name : of.requestedBy,
  };
}
