/** Tasks, and all that hangs on one: its log, journal, inbox, artifacts and usage. */
import type { Alias } from "../task/alias.ts";
import type { Artifact, ArtifactSize } from "../task/artifact.ts";
import type { TaskEvent } from "../task/events/event.ts";
import type { TaskId } from "../task/id.ts";
import type {
  AsleepPlace,
  AwaitedPlace,
  BacklogPlace,
  Below,
  BelowPlace,
  NumberedTasks,
  OpenPlace,
  OpenTask,
  QueueName,
  TurnPlace,
} from "../task/open-task.ts";
import type { Failure, Task, UsageTotals } from "../task/task.ts";
import type { LatestFilter, LatestPage, LatestPlace, ListPage, Page, TaskFilter } from "../task/task-filter.ts";
import type { RecordedCall } from "../task/usage.ts";
import type { Visible, VisibleTasks } from "../task/visibility.ts";
import type { Applied, InboxItem, JournalEntry, JournalPage, Write } from "./write.ts";

export interface TaskStore {
  /** All writes or none, in one transaction, which gives each new task its number. Throws `unavailable` when the disk is full. */
  apply(writes: Write[]): Promise<Applied>;

  /** What an idempotency key was used for; null when it is new. */
  replay(scope: string, key: string): Promise<{ task: TaskId; hash: string } | null>;

  /** The task of this name, among those that may be seen: the owner's own before another's. Null when there is none. */
  taskByAlias(visible: Visible, alias: Alias): Promise<TaskId | null>;
  /** What clients of `lens` call each of them, in the order asked for; null where they have no name of their own. */
  taskAliases(ids: readonly TaskId[], lens: string): Promise<(string | null)[]>;

  /** The task that has this number; null when there is none. */
  taskNumbered(number: number): Promise<TaskId | null>;

  /** Null when unknown or deleted. */
  task(id: TaskId): Promise<Task | null>;
  /** Those of them that are known and not deleted, in the order asked for. */
  tasks(ids: TaskId[]): Promise<Task[]>;
  /**
   * Newest first, with the exact total of all pages. A page ends when it has its bytes, about 1 MB; `next` leads on. Of
   * large values it has the beginning. Throws `invalid` on a bad cursor or search text, `unavailable` when it takes too long.
   */
  list(
    visible: VisibleTasks,
    filter: TaskFilter,
    page: Page,
  ): Promise<{ tasks: Task[]; total: number; next: string | null }>;
  /** A page that goes on from a task. Throws `invalid` for one that is not in the list, `unavailable` when it takes too long. */
  walk(
    visible: VisibleTasks,
    filter: Pick<TaskFilter, "states" | "kinds">,
    page: ListPage,
  ): Promise<{ tasks: Task[]; more: boolean }>;
  /**
   * By when their state changed last, latest first, then by id downwards; behind `after`, with the exact total of all pages.
   * Throws `unavailable` when it takes too long.
   */
  latest(
    visible: VisibleTasks,
    filter: LatestFilter,
    page: { limit: number; after: LatestPlace | null },
  ): Promise<LatestPage>;
  /** Whether the task is open, or was set aside and may be so again: not one that has ended, was swept or never was. */
  mayGoOn(id: TaskId): Promise<boolean>;
  /** Every open task that does not sleep, in the order of their places, behind `after`. `next` leads on. */
  open(after: OpenPlace | null, limit: number): Promise<{ tasks: OpenTask[]; next: OpenPlace | null }>;
  /** How many those are. */
  openCount(): Promise<number>;
  /** Those of a tenant that want a slot and nothing else; null of one that has more than `tasksMax` tasks, open or not. */
  wantedOf(tenant: string, tasksMax: number): Promise<TaskId[] | null>;
  /** The open children of tasks, of one after the other, by their ids behind its place. */
  openBelow(places: readonly BelowPlace[], limit: number): Promise<Below[]>;
  /** Of the open tasks behind `after` that have a parent: those parents that are not open. `next` leads on. */
  orphaning(after: Below, limit: number): Promise<{ parents: TaskId[]; next: Below | null }>;
  /** Of the open tasks that wait for children: each with a child that is not open, or cannot be read. `next` leads on. */
  awaitedInVain(after: AwaitedPlace, limit: number): Promise<{ those: Below[]; next: AwaitedPlace | null }>;
  /**
   * Those that sleep, as their `wakesAt` says, in that order: behind `after`, and not beyond `until`. `unread`: some of them cannot
   * be read. `next` leads on.
   */
  asleep(
    after: AsleepPlace,
    until: number,
    limit: number,
  ): Promise<{ tasks: OpenTask[]; unread: boolean; next: AsleepPlace | null }>;
  /** The earliest `wakesAt` after this moment; null when nobody sleeps for longer. */
  firstWake(after: number): Promise<number | null>;
  /** Those of them that wait for people, and have been told something that nobody has taken yet. */
  toldAsleep(): Promise<TaskId[]>;
  /** Those of them that a queue gives out by priority and age alone, in that order, behind `after`. `next` leads on. */
  backlog(of: QueueName, after: BacklogPlace, limit: number): Promise<{ tasks: OpenTask[]; next: BacklogPlace | null }>;
  /** When the oldest of those behind `after` was submitted; null where there is none. */
  oldestInBacklog(of: QueueName, after: BacklogPlace): Promise<number | null>;
  /** The numbers of those that sleep, in the same order, by kind, state and queue. */
  asleepNumbers(after: AsleepPlace, limit: number): Promise<{ those: NumberedTasks[]; next: AsleepPlace | null }>;
  /** Of each conversation the open tasks whose numbers are lower. */
  openBefore(places: readonly TurnPlace[]): Promise<TaskId[]>;
  /** Those with `seq` > `after`, oldest first, at most `limit`; fewer when they have the bytes of a page, none at the end alone. */
  events(id: TaskId, after: number, limit: number): Promise<TaskEvent[]>;
  /** By branch and position, at most `limit`, fewer when they have the bytes of a page. Throws `invalid` on a bad cursor. */
  journalPage(id: TaskId, cursor: string | null, limit: number): Promise<JournalPage>;
  /** All of it, read in pages. */
  journal(id: TaskId): Promise<JournalEntry[]>;
  /** The error of the last entry that has one. */
  lastError(id: TaskId): Promise<Failure | null>;
  /** What no journaled answer has used up, oldest first, after the item with this number. */
  inbox(id: TaskId, after?: number): Promise<InboxItem[]>;
  /** The input that came under this message id, used up or not; null when none did. */
  received(id: TaskId, messageId: string): Promise<InboxItem | null>;
  /** All that ever came, oldest first. Throws `too_large` when that is more than is answered whole. */
  told(id: TaskId): Promise<InboxItem[]>;
  /** The last of these; null when none ever came. */
  lastTold(id: TaskId): Promise<InboxItem | null>;
  /** The events by which it asked and was told something, oldest first. Throws as `told` does. */
  turns(id: TaskId): Promise<TaskEvent[]>;
  /** The last of these before the event with this number, newest first: `limit` of them, or fewer where they are long. */
  turnsBefore(id: TaskId, before: number, limit: number): Promise<TaskEvent[]>;
  /** Whether a file came with the task, or holds something of it. */
  namesFile(id: TaskId, sha256: string): Promise<boolean>;
  /** Whether the task has asked a question of this name before. */
  hasAsked(id: TaskId, name: string): Promise<boolean>;
  /** Of the same; `bytes` are those of their values as JSON. */
  inboxSize(id: TaskId): Promise<{ items: number; bytes: number }>;
  /**
   * As they are by now, in the order in which they began, at most `limit`, fewer when they have the bytes of a page; each
   * is whole. Throws `invalid` on a bad cursor, `too_large` for one that is larger than any that is written now.
   */
  artifacts(id: TaskId, cursor: string | null, limit: number): Promise<{ artifacts: Artifact[]; next: string | null }>;
  /** The bytes of each as JSON, those of all its updates. */
  artifactSizes(id: TaskId): Promise<ArtifactSize[]>;
  /** Paid calls, oldest first, at most `limit`, fewer when they have the bytes of a page. Throws `invalid` on a bad cursor. */
  usage(id: TaskId, cursor: string | null, limit: number): Promise<{ calls: RecordedCall[]; next: string | null }>;
  /** What all its descendants have spent, also those that were deleted: a sum that is kept, and read in one row. */
  spentBelow(id: TaskId): Promise<UsageTotals>;
}
