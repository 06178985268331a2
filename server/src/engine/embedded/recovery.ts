/**
 * What a start does with the tasks that the store holds: it takes the open ones into memory, goes on with those that the
 * process before this one was running, and looks after those that came to rest while nobody was there to see it.
 */
import type { Store } from "../../store/store.ts";
import type { Handler } from "../../task/handler.ts";
import type { TaskId } from "../../task/id.ts";
import type { Transitions } from "../transitions.ts";
import { type CrashGuard, judge, type Suspect } from "./crash-guard.ts";
import type { CrashRecord, LastEnd } from "./crash-record.ts";
import { doneBy, type Entry } from "./entry.ts";
import type { OpenTasks } from "./open-tasks.ts";
import type { Placement } from "./placement.ts";
import type { Scheduler } from "./scheduler.ts";
import type { EngineLog } from "./settings.ts";
import type { WaitCompletion } from "./wait-completion.ts";

/** Open tasks read at once. */
const OPEN_PAGE = 1_000;

type Parts = {
  store: Store;
  transitions: Transitions;
  handlers: ReadonlyMap<string, Handler>;
  open: OpenTasks;
  placement: Placement;
  scheduler: Scheduler;
  waits: WaitCompletion;
  record: CrashRecord;
  guard: CrashGuard;
  log: EngineLog;
};

export class Recovery {
  readonly #parts: Parts;
  #stopped = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Rebuilds memory from the store. Resolves with what is left to do once the scheduler runs. */
  async begin(): Promise<() => Promise<void>> {
    const lastEnd = await this.#parts.record.begin();
    const interrupted: Entry[] = [];
    for (let after: TaskId | null = null; ; ) {
      const page = await this.#parts.store.open(after, OPEN_PAGE);
      // Read at once: one after the other, thousands of claimable tasks would each cost a way to the reader and back.
      for (const entry of await Promise.all(page.map((open) => this.#entryOf(open)))) {
        this.#parts.placement.place(entry);
        if (entry.state === "running" && !this.#isClaimed(entry)) interrupted.push(entry);
      }
      const last = page.at(-1);
      if (!last || page.length < OPEN_PAGE) break;
      after = last.id;
    }
    const suspects = await this.#recover(interrupted, lastEnd);
    return () => this.#afterwards(suspects, lastEnd);
  }

  stop(): void {
    this.#stopped = true;
  }

  async #entryOf(open: Awaited<ReturnType<Store["open"]>>[number]): Promise<Entry> {
    const { handlers, transitions } = this.#parts;
    const task = handlers.get(open.kind)?.queueOf ? await transitions.find(open.id) : null;
    return { ...open, doneBy: doneBy(task ?? { kind: open.kind, input: null }, handlers), crashes: null };
  }

  /** A worker holds it, whose lease outlives this process. */
  #isClaimed({ kind }: Entry): boolean {
    return this.#parts.handlers.get(kind)?.queueOf !== undefined;
  }

  /** Returns the suspects, which wait for their turn alone. */
  async #recover(interrupted: readonly Entry[], lastEnd: LastEnd): Promise<Suspect[]> {
    const { transitions, open, scheduler } = this.#parts;
    const suspects: Suspect[] = [];
    for (let from = 0; from < interrupted.length; from += OPEN_PAGE) {
      const page = interrupted.slice(from, from + OPEN_PAGE);
      await Promise.all(page.map((entry) => transitions.find(entry.id)));
    }
    for (const entry of interrupted) {
      const task = await transitions.find(entry.id);
      if (!task) continue;
      const verdict = judge(task, lastEnd);
      const judged = { ...entry, crashes: verdict.crashes };
      open.remember(judged);
      if (verdict.is === "guilty")
        await transitions.change(task.id, { do: "fail", attempt: task.attempt, error: verdict.error, retryAt: null });
      else if (verdict.is === "suspect") suspects.push({ task: task.id, crashes: verdict.crashes });
      else scheduler.offer(judged);
    }
    return suspects;
  }

  async #afterwards(suspects: Suspect[], { unclean }: LastEnd): Promise<void> {
    const { open, transitions, waits, guard, log } = this.#parts;
    guard.giveTurns(suspects).catch((error: unknown) => log.warn("A suspect had no turn.", { error }));
    for (const { child, parent } of open.untoldParents()) waits.childEnded(parent, child);
    for (const { id } of open.inState("paused")) {
      if (this.#stopped) return;
      waits.watch("A paused task was not brought to rest.", id, this.#bringToRest(id));
    }
    if (!unclean) return;
    for (const { id } of open.inState("input_required")) {
      if (this.#stopped) return;
      const task = await transitions.find(id);
      if (task) waits.suspended(task);
    }
  }

  /** It was paused, and its run ended with the process before it could say that it has come to rest. */
  async #bringToRest(id: TaskId): Promise<void> {
    const { transitions, scheduler } = this.#parts;
    const task = await transitions.find(id);
    if (task?.state !== "paused" || task.resumesAs !== "running" || scheduler.holdsSlot(id)) return;
    await transitions.change(id, { do: "suspend", attempt: task.attempt, waits: [], checkpoint: "restart" });
  }
}
