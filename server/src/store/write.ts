/** What is written: a decided change, and everything that commits with it or not at all. */

import type { Alias, TaskAlias } from "../task/alias.ts";
import type { ArtifactUpdate } from "../task/artifact.ts";
import type { AuditEntry } from "../task/audit.ts";
import type { Conversation, MessageDraft } from "../task/conversation.ts";
import type { Change } from "../task/decide.ts";
import type { TaskId } from "../task/id.ts";
import type { Json } from "../task/json/json.ts";
import type { Attachment } from "../task/people/human.ts";
import type { Step } from "../task/step.ts";
import type { Subscription } from "../task/subscription.ts";
import type { UsageTotals } from "../task/task.ts";
import type { UsageCall } from "../task/usage.ts";
import type { DocumentsRefused, DocumentWrite } from "./document-write.ts";
import type { ShareGuard, ShareRefused } from "./share-guard.ts";
import type { TurnGuard, TurnRefused } from "./turn.ts";

/** `result` is what the call returned (state `done`) or what it waits for. Identity: task, branch and position. */
export type JournalEntry = Step & {
  occurrence: number;
  /** What the call's paid calls add up to; null when there were none. A replay counts again what the handler had seen spent. */
  usage: UsageTotals | null;
};

/** `next` is the cursor of the next page, null on the last. */
export type JournalPage = { entries: JournalEntry[]; next: string | null };

/**
 * `question` is the key of the question that it answers; null for what came while none was open that it could answer.
 * `value` is what was said, and `answer` what the code is given where that is not the same.
 */
export type InboxItem = {
  n: number;
  messageId: string;
  prompt: string | null;
  question: string | null;
  value: Json;
  by: string;
  at: number;
  answer?: Json;
};

/** Everything that commits with a change, or not at all. */
export type Write = Change & {
  /** What must hold of the other open tasks of its conversation. */
  turn?: TurnGuard;
  /** On submit, and on an act of a caller that ends nothing: what must hold of what its user and its tenant hold. */
  share?: ShareGuard;
  /** Replaces entries of the same branch and position. */
  journal?: JournalEntry[];
  /** Numbers of inbox items that a journaled answer has used up. */
  taken?: number[];
  /** `taken`: it is kept as something that was said, and waits for nobody. */
  inbox?: Omit<InboxItem, "n"> & { taken?: true };
  usage?: UsageCall[];
  artifacts?: ArtifactUpdate[];
  /** Appended to the task's conversation. */
  messages?: MessageDraft[];
  /** Made with the submit when it is new. */
  conversation?: { conversation: Conversation; alias: Alias | null };
  /**
   * On submit: copies what the journal of this task has finished, failures that its handler went on after too, and the
   * children to be tried again, with the artifacts that came of it.
   */
  journalOf?: TaskId;
  /** Its line in the audit log. */
  audit?: AuditEntry;
  idempotency?: IdempotencyRecord;
  /** Names that the task has from then on, besides those that it had. */
  aliases?: TaskAlias[];
  /** Who is told of its events from then on. One of the same owner and id is replaced, with its log. */
  subscriptions?: Subscription[];
  /** Files that a person has added under names that the task has not, and the name of one that is removed. */
  attached?: Attachment[];
  detached?: string;
  /** On submit: what the new task is about. */
  documents?: DocumentWrite;
};

/** Whether it appends what a model says, and does nothing else. */
export function isLiveText({ before, task, events, ...along }: Write): boolean {
  const isAlone = !along.journal && !along.taken && !along.usage && !along.artifacts;
  const isText = events.length > 0 && events.every(({ type }) => type === "output.delta");
  return isText && isAlone && before?.state === task.state;
}

/** `scope` is the principal and the lens. */
export type IdempotencyRecord = { scope: string; key: string; hash: string; at: number };

export type Applied =
  | { ok: true }
  /** The guard of this task failed, or a new row's identity is taken: read again, decide again. */
  | { ok: false; why: "stale"; task: TaskId }
  /** The key was used before, for this task. */
  | { ok: false; why: "replayed"; task: TaskId; hash: string }
  /** The inbox or the usage already holds this message or call. */
  | { ok: false; why: "duplicate"; task: TaskId }
  | ({ ok: false; task: TaskId } & (DocumentsRefused | TurnRefused | ShareRefused));
