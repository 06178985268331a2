/**
 * Runs erasures, one after the other: cancels open tasks, removes rows and files, and overwrites what they have left on the disk. The
 * work is done in slices of some milliseconds with as long a rest between two, so that other writes wait for one slice at most. Nothing
 * is remembered here: removed things are not found again, so another process, or this one after a crash, begins at the beginning and
 * continues where it was.
 */
import type { Clock } from "../../engine/clock.ts";
import type { Engine } from "../../engine/engine.ts";
import type { Store } from "../../store/store.ts";
import type { Erasure } from "../../task/erasure.ts";
import { isUnavailable, Refusal } from "../../task/errors.ts";
import type { TaskId } from "../../task/id.ts";

/** Rest between two slices. */
const REST_MS = 5;
/** Time for the cleanup of cancelled tasks, such as work that another server does for them. */
const CLEANUP_MS = 30_000;
const LOOK_AGAIN_MS = 500;
/** Pause after a failure such as a full disk, doubled each time, */
const AGAIN_MS = 10_000;
/** up to this: a failure that lasts until somebody mends it, such as a damaged index, must not fill the log. */
const AGAIN_MS_MAX = 600_000;
/** A file that is put again all the time does not keep an erasure from its end: the sweep takes it later. */
const FILES_MS = 120_000;

const LEASE = "erasing";
/** After so long, another process of the store takes over from one that has died. */
const LEASE_MS = 10_000;
const RENEW_MS = LEASE_MS / 4;

const KEPT_OF_USER = [
  "The audit log keeps who did what, under the name, and nothing that was said: it goes by its own retention.",
  "Sums of paid calls and agents that the user made for all stay, under a pseudonym.",
  "Ended work of others has the pseudonym, but keeps the name in values over 64 KB and where the audit log no longer knows of an act.",
  "What the user has steered and is still open keeps the name: erase again when it has ended.",
];
const KEPT_ELSEWHERE =
  "What left the server (webhooks, traces, models, other servers, copies of the data folder) is not reached.";

type Parts = {
  store: Store;
  engine: Pick<Engine, "transitions">;
  clock: Clock;
  /** The name of this process where several share a store. */
  holder: string;
  warn: (error: unknown) => void;
};

export class Erasing {
  readonly #parts: Parts;
  readonly #stopped = Promise.withResolvers<void>();
  #isStopped = false;
  #isAsked = false;
  #isLeased = false;
  #running: Promise<void> | null = null;
  #cancelAgain: () => void = () => {};
  #againMs = AGAIN_MS;
  #hasFailed = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Continues all unfinished erasures. */
  goOn(): void {
    this.#isAsked = true;
    if (this.#isStopped || this.#running) return;
    this.#cancelAgain();
    this.#hasFailed = false;
    this.#running = this.#run()
      .catch((error: unknown) => this.#failed(error))
      .finally(() => {
        this.#againMs = this.#hasFailed ? Math.min(2 * this.#againMs, AGAIN_MS_MAX) : AGAIN_MS;
        this.#running = null;
        // A new erasure was asked for while the lease was given back.
        if (this.#isAsked) this.goOn();
      });
  }

  /** Resolves once none is under way. */
  async settled(): Promise<void> {
    while (this.#running) await this.#running;
  }

  /** Resolves once the slice under way has ended. */
  async close(): Promise<void> {
    this.#isStopped = true;
    this.#cancelAgain();
    this.#stopped.resolve();
    await this.#running;
  }

  #failed(error: unknown): void {
    if (this.#isStopped) return;
    this.#hasFailed = true;
    this.#parts.warn(error);
    this.#again(this.#againMs);
  }

  #again(ms: number): void {
    this.#cancelAgain();
    this.#cancelAgain = this.#parts.clock.after(ms, () => this.goOn());
  }

  async #run(): Promise<void> {
    const { store, holder } = this.#parts;
    while (this.#isAsked && !this.#isStopped) {
      this.#isAsked = false;
      for (let after: string | null = ""; after !== null && !this.#isStopped; ) {
        const { erasures, next }: Awaited<ReturnType<Store["erasures"]["running"]>> =
          await store.erasures.running(after);
        for (const each of erasures) {
          // Another process is at work: it is checked later whether that has finished.
          if (!(await this.#leased())) return this.#again(RENEW_MS);
          // A failed erasure does not stop the next one.
          await this.#whileLeased(() => this.#erase(each)).catch((error: unknown) => this.#failed(error));
          if (this.#isStopped) break;
        }
        after = next;
      }
    }
    await store.returnLease(LEASE, holder);
  }

  async #leased(): Promise<boolean> {
    const { store, clock, holder } = this.#parts;
    const now = clock.now();
    return store.takeLease(LEASE, holder, { now, until: now + LEASE_MS });
  }

  async #whileLeased(work: () => Promise<void>): Promise<void> {
    const { clock, warn } = this.#parts;
    this.#isLeased = true;
    let cancel = () => {};
    const renewLater = () => {
      cancel = clock.after(RENEW_MS, () => {
        this.#leased().then((isOurs) => {
          this.#isLeased = isOurs;
        }, warn);
        renewLater();
      });
    };
    renewLater();
    try {
      await work();
    } finally {
      cancel();
    }
  }

  async #erase(of: Erasure): Promise<void> {
    const { erasures, chunks } = this.#parts.store;
    await this.#cancelOpen(of);
    await this.#cleanedUp(of);
    const { damaged, isUnread } = await this.#eraseTasks(of);
    const records: string[] = [];
    await this.#turns(async () => {
      const turn = await erasures.eraseRecords(of.id);
      records.push(...turn.damaged);
      return turn.isMore;
    });
    if (this.#isStopped) return;
    const isCutLeft = await chunks.sweep().then(() => false, isDamage);
    await this.#turns(() => erasures.eraseWords());
    const isFilesLeft = await this.#filesLeft(of);
    if (this.#isStopped) return;
    const left = await erasures.scrub();
    const kept = [
      ...(of.subject.type === "user" ? KEPT_OF_USER : []),
      KEPT_ELSEWHERE,
      ...(isFilesLeft ? ["Files that others are putting at this moment go with the sweep of files."] : []),
      ...(damaged > 0
        ? [`Tasks that lie on damaged pages stay: ${damaged}. Run waybill doctor, which names them.`]
        : []),
      ...(isUnread
        ? [
            "Tasks lie on damaged pages of which nobody can say whose they are: those of the user stay. Run waybill doctor.",
          ]
        : []),
      ...(records.length > 0
        ? [`What else lies on damaged pages stays: ${records.join(", ")}. Run waybill doctor.`]
        : []),
      ...(isCutLeft
        ? ["Text that removed documents were cut into lies on damaged pages, and stays. Run waybill doctor."]
        : []),
      ...(left === null ? [] : [left]),
    ];
    await erasures.end(of.id, this.#parts.clock.now(), kept);
  }

  /** Cancels open tasks. A task that cannot be read does not run anyway. */
  async #cancelOpen(of: Erasure): Promise<void> {
    const tried = new Set<TaskId>();
    await this.#pages(of, { open: true, except: new Set() }, async (tasks) => {
      const fresh = tasks.filter(({ id }) => !tried.has(id));
      for (const { id } of fresh) {
        tried.add(id);
        await this.#cancel(of, id);
        if (!(await this.#rested())) return false;
      }
      return fresh.length > 0;
    });
  }

  async #cancel(of: Erasure, id: TaskId): Promise<void> {
    const command = { do: "cancel", by: of.requestedBy, reason: "It is erased." } as const;
    await this.#parts.engine.transitions.cancel(id, command, {}).catch(passOver);
  }

  async #cleanedUp(of: Erasure): Promise<void> {
    const { store, clock } = this.#parts;
    const until = clock.elapsed() + CLEANUP_MS;
    while (clock.elapsed() < until && (await store.erasures.cleanups(of.tenant, of.requestedAt)) > 0)
      if (!(await this.#rested(LOOK_AGAIN_MS))) return;
  }

  /** The number of tasks that could not be removed, and whether some could not even be found. */
  async #eraseTasks(of: Erasure): Promise<{ damaged: number; isUnread: boolean }> {
    const damaged = new Set<TaskId>();
    const { erasures } = this.#parts.store;
    const { transitions } = this.#parts.engine;
    const isUnread = await this.#pages(of, { open: false, except: damaged }, async (tasks) => {
      for (const { id, isOpen, isDeleted } of tasks) {
        if (isOpen) await this.#cancel(of, id);
        // Followers of the task, caches and later reads learn that it is gone.
        if (!isDeleted) await transitions.change(id, () => ({ command: { do: "delete" } })).catch(passOver);
      }
      const ids = tasks.map(({ id }) => id);
      await this.#turns(async () => {
        const turn = await erasures.eraseTasks(
          of.id,
          ids.filter((id) => !damaged.has(id)),
        );
        for (const id of turn.damaged) damaged.add(id);
        return turn.isMore;
      });
      return !this.#isStopped;
    });
    return { damaged: damaged.size, isUnread };
  }

  /** Page by page, until nothing is left or `act` ends it. True if something could not be read. */
  async #pages(
    of: Erasure,
    { open, except }: { open: boolean; except: ReadonlySet<TaskId> },
    act: (tasks: Awaited<ReturnType<Store["erasures"]["tasks"]>>["tasks"]) => Promise<boolean>,
  ): Promise<boolean> {
    let isUnread = false;
    for (let after: number | null = 0; after !== null && !this.#isStopped; ) {
      const page: Awaited<ReturnType<Store["erasures"]["tasks"]>> = await this.#parts.store.erasures.tasks(of, {
        open,
        after,
        except: [...except],
      });
      isUnread ||= page.isUnread;
      if (page.tasks.length > 0 && !(await act(page.tasks))) break;
      after = page.next;
      await this.#rested();
    }
    return isUnread;
  }

  async #filesLeft(of: Erasure): Promise<boolean> {
    const { store, clock } = this.#parts;
    const until = clock.elapsed() + FILES_MS;
    for (;;) {
      if ((await store.erasures.eraseFiles(of.id)) === 0) return false;
      if (clock.elapsed() >= until || !(await this.#rested(LOOK_AGAIN_MS))) return true;
    }
  }

  /** Slice by slice, as long as there is more. */
  async #turns(turn: () => Promise<boolean>): Promise<void> {
    while (!this.#isStopped && (await turn())) {
      await this.#rested();
      if (!this.#isLeased) throw new Refusal("unavailable", "Another process has gone on with the erasure.");
    }
  }

  /** False when it is to stop. */
  async #rested(ms = REST_MS): Promise<boolean> {
    const rest = Promise.withResolvers<void>();
    const cancel = this.#parts.clock.after(ms, rest.resolve);
    await Promise.race([rest.promise, this.#stopped.promise]);
    cancel();
    return !this.#isStopped;
  }
}

/** Unreadable things are passed over; an error that another try may not have is no damage. */
function isDamage(error: unknown): true {
  if (error instanceof Refusal) throw error;
  return true;
}

/** A task that has ended or is gone needs nothing, and one that cannot be read is removed as it is. */
function passOver(error: unknown): void {
  if (isUnavailable(error)) throw error;
}
