/** The writer's statements. */
import type { Database } from "better-sqlite3";
import { AuditChain } from "./audit/audit-chain.ts";
import { notAside } from "./doctor/set-aside.ts";
import { lateRows, lateRun } from "./late-statements.ts";

export function writerStatements(db: Database) {
  const run = (sql: string) => lateRun(db, sql);
  const row = (sql: string) => lateRows(db, sql);
  return {
    taskNumber: row("SELECT n FROM tasks WHERE id = ?"),
    /** The one after the first so many that were submitted before the one of this number. */
    openInConversation: row(
      `SELECT id FROM tasks INDEXED BY tasks_open_in_conversation
       WHERE conversation = ? AND ended_at IS NULL AND n < ? AND ${notAside("tasks")} ORDER BY n LIMIT 1 OFFSET ?`,
    ),
    spent: row(
      `SELECT coalesce(record ->> '$.usage.inputTokens', 0), coalesce(record ->> '$.usage.outputTokens', 0),
         coalesce(record ->> '$.usage.costUsd', 0)
       FROM tasks WHERE n = ?`,
    ),
    idempotency: row("SELECT task, hash FROM idempotency WHERE scope = ? AND key = ?"),
    inboxMessage: row("SELECT 1 FROM inbox WHERE task = ? AND message_id = ?"),
    usageCall: row("SELECT 1 FROM usage WHERE task = ? AND key = ?"),
    conversation: row("SELECT 1 FROM conversations WHERE id = ?"),
    alias: row(
      `SELECT 1 FROM aliases a JOIN conversations c ON c.id = a.conversation
       WHERE a.tenant = ? AND a.owner = ? AND a.lens = ? AND a.value = ? AND c.deleted_at IS NULL`,
    ),

    taskAlias: row("SELECT 1 FROM task_aliases WHERE tenant = ? AND owner = ? AND lens = ? AND value = ?"),
    insertTaskAlias: run(
      "INSERT OR REPLACE INTO task_aliases (tenant, owner, lens, value, task) VALUES (?, ?, ?, ?, ?)",
    ),

    insertMetadata: run("INSERT INTO metadata (tenant, key, value, task) VALUES (?, ?, ?, ?)"),
    addTaskBytes: run("UPDATE tasks SET bytes = bytes + ? WHERE n = ?"),
    taskBytes: row("SELECT bytes FROM tasks WHERE n = ?"),
    copyJournal: run(
      `INSERT INTO journal
         (task, branch, position, name, occurrence, kind, state, tries, at, duration_ms, result, error, usage, trace)
       SELECT ?, branch, position, name, occurrence, kind, state, tries, at, duration_ms, result, error, usage, trace
       FROM journal WHERE task = ? AND ((state IN ('done', 'failed') AND tries > 0) OR (state = 'retrying' AND kind = 'child'))`,
    ),
    insertInbox: run(
      `INSERT INTO inbox (task, n, message_id, prompt, question, value, by, at, taken, answer, bytes)
       VALUES (?, (SELECT coalesce(max(n), 0) + 1 FROM inbox WHERE task = ?), ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    takeInbox: run("UPDATE inbox SET taken = 1 WHERE task = ? AND n = ?"),
    parentOf: row("SELECT n, parent, conversation FROM tasks WHERE id = ?"),
    addSpentBelow: run(
      `INSERT INTO spent_below VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (task) DO UPDATE SET
         calls = calls + excluded.calls, input_tokens = input_tokens + excluded.input_tokens,
         output_tokens = output_tokens + excluded.output_tokens, cost_usd = cost_usd + excluded.cost_usd,
         unpriced_calls = unpriced_calls + excluded.unpriced_calls,
         estimated_calls = estimated_calls + excluded.estimated_calls`,
    ),
    insertUsage: run("INSERT INTO usage (task, key, at, record) VALUES (?, ?, ?, ?)"),
    dropArtifact: run("DELETE FROM artifact_updates WHERE task = ? AND id = ?"),
    insertArtifact: run("INSERT INTO artifact_updates (task, n, id, record) VALUES (?, ?, ?, ?)"),
    // Within the insert it would be planned anew for each task: 8 us.
    lastArtifact: row("SELECT coalesce(max(n), 0) FROM artifact_updates WHERE task = ?"),
    copyArtifacts: run(
      "INSERT INTO artifact_updates (task, n, id, record) SELECT ?, n, id, record FROM artifact_updates WHERE task = ?",
    ),
    insertTaskFile: run("INSERT OR IGNORE INTO task_files (task, sha256) VALUES (?, ?)"),
    copyTaskFiles: run(
      "INSERT OR IGNORE INTO task_files (task, sha256) SELECT ?, sha256 FROM task_files WHERE task = ?",
    ),

    insertConversation: run(
      `INSERT INTO conversations (id, tenant, user, title, agent, knowledge_base, context, created_at, updated_at,
         last_activity_at, tasks, completed, failed, input_tokens, output_tokens, cost_usd, last_message,
         last_agent_message_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    insertAlias: run(
      // The name of a deleted conversation may begin another one.
      `INSERT INTO aliases (tenant, owner, lens, value, conversation) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET conversation = excluded.conversation`,
    ),
    addToConversation: run(
      `UPDATE conversations SET tasks = tasks + ?, completed = completed + ?, failed = failed + ?,
         input_tokens = input_tokens + ?, output_tokens = output_tokens + ?, cost_usd = cost_usd + ?,
         updated_at = max(updated_at, ?), last_activity_at = max(last_activity_at, ?)
       WHERE id = ?`,
    ),
    numberMessage: row(
      `UPDATE conversations SET last_message = last_message + 1, updated_at = max(updated_at, ?),
         last_activity_at = max(last_activity_at, ?),
         last_agent_message_at = coalesce(max(coalesce(last_agent_message_at, 0), ?), last_agent_message_at)
       WHERE id = ? AND deleted_at IS NULL RETURNING last_message`,
    ),
    insertMessage: run(
      `INSERT INTO messages (conversation, n, role, task, at, parts, id, seq, purpose, metadata)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    notice: row("SELECT 1 FROM messages WHERE conversation = ? AND task = ? AND purpose = 'notice'"),
    editMessage: run(
      `UPDATE messages SET parts = coalesce(?, parts), metadata = coalesce(?, metadata), edited_at = ?
       WHERE conversation = ? AND n = ?`,
    ),
    dropMessage: run("DELETE FROM messages WHERE conversation = ? AND n = ?"),
    dropMessages: run("DELETE FROM messages WHERE conversation = ? AND n <= ?"),
    insertConversationFile: run("INSERT OR IGNORE INTO conversation_files (conversation, sha256) VALUES (?, ?)"),
    updateConversation: run(
      `UPDATE conversations SET title = coalesce(?, title), context = coalesce(?, context),
         agent = iif(?, ?, agent), knowledge_base = iif(?, ?, knowledge_base), updated_at = max(updated_at, ?)
       WHERE id = ? AND deleted_at IS NULL`,
    ),
    deleteConversation: run("UPDATE conversations SET deleted_at = ? WHERE id = ? AND deleted_at IS NULL"),

    dropSubscription: run(
      `DELETE FROM subscriptions
       WHERE task = (SELECT n FROM tasks WHERE id = @task) AND tenant = @tenant AND user = @user AND id = @id`,
    ),
    insertSubscription: run(
      `INSERT INTO subscriptions (key, task, tenant, user, id, standing, url, active, done, due_at, version, record)
       VALUES (@key, (SELECT n FROM tasks WHERE id = @task), @tenant, @user, @id, @standing, @url, @active, @done,
         @dueAt, @version, @record)`,
    ),
    putAssignment: run(
      `INSERT OR REPLACE INTO assignments (task, tenant, state, title, creator, sender, claimed_by, priority,
         assigned_at, updated_at, due_at, key, category, definition)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    dropAssignment: run("DELETE FROM assignments WHERE task = ?"),
    dropParticipants: run("DELETE FROM participants WHERE task = ?"),
    insertParticipant: run(
      `INSERT OR IGNORE INTO participants (tenant, type, identity, part, state, free, task, own) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    insertAttachment: run(
      `INSERT INTO attachments (task, name, sha256, bytes, media_type, scope, by, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    dropAttachment: run("DELETE FROM attachments WHERE task = ? AND name = ?"),

    insertIdempotency: run("INSERT INTO idempotency (scope, key, hash, task, at) VALUES (?, ?, ?, ?, ?)"),
    /** Changes nothing where the same payment was the last one there. */
    payInPlace: run(
      `INSERT INTO idempotency (scope, key, hash, task, at) VALUES (?, ?, ?, '', ?)
       ON CONFLICT DO UPDATE SET hash = excluded.hash, at = excluded.at WHERE hash <> excluded.hash`,
    ),
    audit: new AuditChain(db),
    putSetting: run("INSERT OR REPLACE INTO facts (name, value) VALUES (?, ?)"),
    takeLease: run(
      `INSERT INTO facts (name, value) VALUES ('lease:' || ?, json_object('holder', ?, 'until', ?))
       ON CONFLICT (name) DO UPDATE SET value = excluded.value
       WHERE value ->> 'holder' = excluded.value ->> 'holder' OR value ->> 'until' <= ?`,
    ),
    returnLease: run("DELETE FROM facts WHERE name = 'lease:' || ? AND value ->> 'holder' = ?"),
  };
}

export type WriterStatements = ReturnType<typeof writerStatements>;
