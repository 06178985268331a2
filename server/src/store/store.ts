/**
 * Keeping. A store makes decided changes durable, and answers reads; the rules are `decide`'s alone.
 *
 * There is one verb for all transitions, since `decide` is the only maker of a `Change` and its guard: what would be a
 * verb per transition is the `command` that the change names. A write whose guard fails touches nothing.
 * Everything that resolves is on disk. Every implementation passes `store.suite.ts`.
 */
import type { AgentStore } from "./agent-store.ts";
import type { AuditStore } from "./audit-store.ts";
import type { ChangeFeed } from "./change-feed.ts";
import type { ChunkStore } from "./chunk-store.ts";
import type { ConversationStore } from "./conversation-store.ts";
import type { DailyUsageStore } from "./daily-usage-store.ts";
import type { DocumentStore } from "./document-store.ts";
import type { ErasureStore } from "./erasure-store.ts";
import type { FileStore } from "./file-store.ts";
import type { HumanStore } from "./human-store.ts";
import type { KeyStore } from "./key-store.ts";
import type { LeaseStore } from "./lease-store.ts";
import type { SettingStore } from "./setting-store.ts";
import type { ShareStore } from "./share-guard.ts";
import type { SubscriptionStore } from "./subscription-store.ts";
import type { TaskStore } from "./task-store.ts";

export type { TaskChange } from "./change-feed.ts";
export type { StoredKey } from "./key-store.ts";
export type { SettingStore } from "./setting-store.ts";
export type { Applied, IdempotencyRecord, InboxItem, JournalEntry, JournalPage, Write } from "./write.ts";

/** What is older than its time goes. */
export type RecordTimes = {
  idempotencyBefore: number;
  auditBefore: number;
  /** Of the audit log no more than so many entries are kept, the newest. */
  auditEntriesMax: number;
  /** Conversations that have no task, and were not used since. */
  unusedSince: number;
  /** Documents that have expired by then. */
  expiredBefore: number;
};

export interface Store extends TaskStore, ConversationStore, SettingStore, LeaseStore, ShareStore, ChangeFeed {
  readonly files: FileStore;
  readonly audit: AuditStore;
  readonly documents: DocumentStore;
  readonly chunks: ChunkStore;
  readonly agents: AgentStore;
  readonly keys: KeyStore;
  readonly subscriptions: SubscriptionStore;
  readonly human: HumanStore;
  readonly dailyUsage: DailyUsageStore;
  readonly erasures: ErasureStore;
  /**
   * Removes what ended before `endedBefore`, about `limit` tasks, and returns their number: fewer than `limit` when no more
   * are left. An ended task stays as long as one above or below it in its tree is open. Files that no row names go with it,
   * at the first call and then hourly.
   */
  sweep(endedBefore: number, limit: number): Promise<number>;
  /**
   * Removes a turn's worth of what callers left behind beside their tasks. Begins with `after` empty; returns what the
   * next turn is to be given, and null once nothing is left.
   */
  sweepRecords(times: RecordTimes, after: string): Promise<string | null>;
  /** A consistent copy in one file, made while the store is in use. */
  backup(path: string): Promise<void>;
  /** Problems that the database's own check finds; empty when it is sound. */
  check(): Promise<string[]>;
  /** What was asked before is answered; what is asked after is refused as `unavailable`. */
  close(): Promise<void>;
}
