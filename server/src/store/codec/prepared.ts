/**
 * Writes as a database takes them: their values are text already, so that whoever writes binds them as they are. They
 * may cross to another thread as JSON: `undefined` is never in them, what a write does not bring is absent.
 */
import type { Alias, TaskAlias } from "../../task/alias.ts";
import type { Conversation } from "../../task/conversation.ts";
import type { State } from "../../task/states.ts";
import type { HeldBounds } from "../share-guard.ts";
import type { IdempotencyRecord } from "../store.ts";
import type { TurnGuard } from "../turn.ts";
import type { AddedUsage } from "./daily-usage.ts";
import type { PreparedHuman } from "./human-rows.ts";
import type { SubscriptionValues } from "./subscription-values.ts";

type PreparedEvent = [seq: number, at: number, type: string, data: string];
export type PreparedAudit = [
  tenant: string,
  at: number,
  user: string,
  keyId: string,
  act: string,
  task: string | null,
  origin: string | null,
  detail: string,
];
/** Of a write whose act has an entry in the audit log. */
export type Noted = { audit?: PreparedAudit };
export type PreparedMessage = {
  role: string;
  parts: string;
  id: string | null;
  seq: number | null;
  purpose: string | null;
  metadata: string | null;
  /** When the event was that it came with; absent: with the write. */
  at?: number;
};
export type PreparedConversation = { conversation: Conversation; context: string; alias: Alias | null };
type PreparedJournalEntry = [
  branch: string,
  position: number,
  name: string,
  occurrence: number,
  kind: string,
  state: string,
  tries: number,
  at: number,
  durationMs: number | null,
  result: string,
  error: string | null,
  usage: string | null,
  trace: string | null,
];

/** What every write gives its task's row, in the order of the columns. */
export type PreparedRow = [
  state: State,
  revision: number,
  attempt: number,
  lastSeq: number,
  progress: number,
  endedAt: number | null,
  deletedAt: number | null,
  record: string,
  output: string | null,
];

/** What moves an open task next. Most tasks have nothing of it, and then nothing of it is sent or bound. */
export type PreparedSchedule = [
  dueAt: number | null,
  deadlineAt: number | null,
  leaseWorker: string | null,
  leaseUntil: number | null,
  waitsOn: string | null,
  awaits: string | null,
];
/** What a task competes for, where it is not what most do. */
export type PreparedClaim = [
  priority: number,
  concurrencyKey: string | null,
  concurrencyLimit: number | null,
  queue: string | null,
];
export type PreparedSubmission = [
  tenant: string,
  user: string,
  kind: string,
  conversation: string | null,
  parent: string | null,
  createdAt: number,
  fixed: string,
  input: string,
];

type SpentBelow = [
  calls: number,
  inputTokens: number,
  outputTokens: number,
  costUsd: number,
  unpricedCalls: number,
  estimatedCalls: number,
];

export type PreparedShare = [day: number, user: HeldBounds, tenant: HeldBounds, of: string];

/** The parts that every write has are tuples: their names would cost as much to send as their values. */
export type PreparedWrite = Partial<PreparedHuman> & {
  id: string;
  before: [revision: number, state: State, attempt: number] | null;
  /** With the conversation that it is about. */
  turn?: [guard: TurnGuard, conversation: string];
  row: PreparedRow;
  schedule?: PreparedSchedule;
  at: number;
  /** About how many it adds to the store, files among them. */
  bytes: number;
  /** Of a new task, and of an act. */
  share?: PreparedShare;
  /** The task's usage so far, which its conversation counts. */
  spent: [inputTokens: number, outputTokens: number, costUsd: number];
  /** Only with the first write of a task. */
  submitted?: PreparedSubmission;
  claim?: PreparedClaim;
  metadata?: [key: string, value: string][];
  /** Whom its input names, with the first write. */
  agent?: string;
  events: PreparedEvent[];
  journal?: PreparedJournalEntry[];
  taken?: number[];
  inbox?: [
    ...[messageId: string, prompt: string | null, question: string | null],
    ...[value: string, by: string, at: number, taken: 0 | 1, answer: string | null, bytes: number],
  ];
  usage?: [key: string, record: string][];
  /** What these calls add to daily usage. */
  daily?: AddedUsage[];
  /** Where paid calls come with it: the task's parent, and what they add to all above it, in the order of the columns. */
  below?: { parent: string; spent: SpentBelow };
  artifacts?: { id: string; append: boolean; record: string }[];
  messages?: PreparedMessage[];
  conversation?: PreparedConversation;
  journalOf?: string;
  audit?: PreparedAudit;
  idempotency?: IdempotencyRecord;
  aliases?: TaskAlias[];
  subscriptions?: SubscriptionValues[];
  documents?: PreparedDocumentWrite;
  /** Hashes of the files that the values above name: those of the task, and those of its messages. */
  files?: string[];
  messageFiles?: string[];
};

/** A `DocumentWrite` as a database takes it: records as the values of their columns. */
export type PreparedDocumentWrite = {
  document?: readonly unknown[];
  vectorStore?: readonly unknown[];
  members?: readonly (readonly unknown[])[];
  batch?: readonly unknown[];
  changed?: {
    key: string;
    name?: string;
    description?: string;
    metadata?: string;
    /** Null: it never expires. */
    expires?: number | null;
    lastActiveAt?: number;
    model?: string;
  };
  named?: { name: string; among: string };
  left?: { vectorStore: string; documents: readonly string[] };
  removed?: { vectorStore: string };
  ofTask?: { document?: string; vectorStore?: string };
};
