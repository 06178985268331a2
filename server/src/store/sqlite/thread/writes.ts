/** All that the writing thread can be asked, by name. One call is one promise of a caller: all of it commits, or none. */
import type { Database } from "better-sqlite3";
import type { PreparedPayment } from "../../codec/daily-usage.ts";
import type { PreparedAudit, PreparedConversation, PreparedMessage, PreparedWrite } from "../../codec/prepared.ts";
import { agentWrites } from "../agents/agent-statements.ts";
import type { Applier } from "../apply.ts";
import { noting } from "../audit/audit-chain.ts";
import { chunkWrites } from "../documents/chunk-writes.ts";
import { type DocumentApplier, documentWrites } from "../documents/document-writes.ts";
import type { SearchIndex } from "../documents/search.ts";
import { erasureWrites } from "../erasure/erasure-statements.ts";
import { keyWrites } from "../keys/key-statements.ts";
import { PassedOver } from "../passed-over.ts";
import { emptyConversation, type RecordSweep, sweepRecords } from "../record-sweep.ts";
import { TURN_MS } from "../slices.ts";
import type { WriterStatements } from "../statements.ts";
import { subscriptionWrites } from "../subscriptions/subscription-statements.ts";
import { EndedTrees } from "../tasks/ended-trees.ts";
import { TaskRemoval } from "../tasks/task-removal.ts";
import type { Pace } from "./pace.ts";

type Parts = {
  db: Database;
  sql: WriterStatements;
  applier: Applier;
  documents: DocumentApplier;
  index: SearchIndex;
  pace: Pace;
};

/** What ended before `endedBefore` goes, at most `limit` tasks. */
type Retention = { endedBefore: number; limit: number };

type SaidMessage = { conversation: string; message: PreparedMessage; files: string[]; at: number };

type MessageEdit = {
  conversation: string;
  n: number;
  /** Null stays as it is. */
  parts: string | null;
  metadata: string | null;
  files: string[];
  at: number;
};

/** Null stays as it is; what may itself be null is in an array. */
type ConversationUpdate = {
  id: string;
  title: string | null;
  context: string | null;
  agent: [string | null] | null;
  knowledgeBase: [string | null] | null;
  at: number;
};

/** Whether it changes, and to what. */
function given(change: [string | null] | null): [changes: number, value: string | null] {
  return change === null ? [0, null] : [1, change[0]];
}

export function writes({ db, sql, applier, documents, index, pace }: Parts) {
  const { audit } = sql;
  const trees = new EndedTrees(db);
  const removal = new TaskRemoval(db);
  const passed = new PassedOver();
  /** There may be more to remove than was found at the last look. */
  let goesOn = false;
  return {
    ...documentWrites(db, documents, sql.audit, pace),
    ...chunkWrites(db),
    ...agentWrites(db, sql),
    ...keyWrites(db, sql),
    ...subscriptionWrites(db, sql),
    ...erasureWrites(db, sql.audit, pace),
    ...usageWrites(applier),
    apply: (writes: PreparedWrite[]) => applier.apply(writes),
    /** Answers its number; null when the conversation is gone. */
    appendMessage: noting(audit, (given: SaidMessage) => {
      const { conversation, message, files, at } = given;
      const n = applier.appendMessage(conversation, message, null, at);
      if (n !== null) for (const sha256 of files) sql.insertConversationFile.run(conversation, sha256);
      return n;
    }),
    /** False when its id or its alias is taken. */
    createConversation: noting(audit, (given: PreparedConversation) => applier.createConversation(given)),
    /** False when there is no such message. */
    editMessage: noting(audit, (given: MessageEdit) => {
      const { conversation, n, parts, metadata, files, at } = given;
      if (sql.editMessage.run(parts, metadata, at, conversation, n).changes === 0) return false;
      for (const sha256 of files) sql.insertConversationFile.run(conversation, sha256);
      return true;
    }),
    deleteMessage: noting(
      audit,
      ({ conversation, n }: { conversation: string; n: number }) => sql.dropMessage.run(conversation, n).changes === 1,
    ),
    updateConversation: noting(
      audit,
      ({ id, title, context, agent, knowledgeBase, at }: ConversationUpdate) =>
        sql.updateConversation.run(title, context, ...given(agent), ...given(knowledgeBase), at, id).changes === 1,
    ),
    deleteConversation: noting(
      audit,
      ({ id, at }: { id: string; at: number }) => sql.deleteConversation.run(at, id).changes === 1,
    ),
    /** A slice of it: answers whether nothing is left of what it held. */
    emptyConversation: ({ id }: { id: string }) => emptyConversation(db, id, passed, pace.turn(TURN_MS)),
    /** An entry of the audit log that goes with nothing else. */
    appendAudit: (entry: PreparedAudit) => {
      audit.add(entry);
      return null;
    },
    putSetting: ({ name, value }: { name: string; value: string }) => {
      sql.putSetting.run(name, value);
      return null;
    },
    takeLease: ({ name, holder, now, until }: { name: string; holder: string; now: number; until: number }) =>
      sql.takeLease.run(name, holder, until, now).changes === 1,
    returnLease: ({ name, holder }: { name: string; holder: string }) => {
      sql.returnLease.run(name, holder);
      return null;
    },
    /** A slice of it: answers how many tasks went, and whether there are more that go. */
    sweep: (retention: Retention) => {
      if (removal.isIdle) {
        const next = trees.next(retention);
        removal.add(next.found);
        goesOn = next.goesOn;
      }
      const removed = removal.slice(true, pace);
      return { removed, more: !removal.isIdle || goesOn };
    },
    sweepRecords: (records: RecordSweep) => sweepRecords(db, records, passed, pace.turn(TURN_MS)),
    /** Adds tasks to the search index, oldest first; answers up to where there are more. */
    index: ({ limit, upTo }: { limit: number; upTo: number | null }) => {
      audit.note();
      return index.catchUp(limit, pace, upTo);
    },
  };
}

function usageWrites(applier: Applier) {
  return {
    /** What no task has paid for. */
    addUsage: (payment: PreparedPayment) => {
      applier.addUsage(payment);
      return null;
    },
  };
}

export type Writes = ReturnType<typeof writes>;
