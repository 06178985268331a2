/** What is read of conversations, their aliases and their messages. */
import type { Database } from "better-sqlite3";
import type { Alias } from "../../../task/alias.ts";
import type { Visible } from "../../../task/visibility.ts";
import { CONVERSATION_COLUMNS as COLUMNS, MESSAGE_COLUMNS } from "../../codec/columns.ts";
import { numberIn } from "../column.ts";
import { pageByRows, queries } from "../queries.ts";
import { whereVisible } from "../where.ts";

/** Of a page of messages, what lies in files counted as what it is: as much as a model is given of a conversation. */
const MESSAGES_BYTES_MAX = 4 << 20;

type Messages = { conversation: string; limit: number; offset: number; before: string | null };

export function conversationReads(db: Database) {
  const { row, rows, number, text, exists } = queries(db);
  const aliasOf = text(
    "SELECT value FROM aliases WHERE conversation = ? AND lens = ? ORDER BY value LIMIT 1",
    ({ conversation, lens }: { conversation: string; lens: string }) => [conversation, lens],
  );
  return {
    conversation: row(
      `SELECT ${COLUMNS} FROM conversations c WHERE c.id = ? AND c.deleted_at IS NULL`,
      ({ id }: { id: string }) => [id],
    ),
    conversationByAlias: row(
      `SELECT ${COLUMNS} FROM aliases a JOIN conversations c ON c.id = a.conversation
       WHERE a.tenant = ? AND a.owner = ? AND a.lens = ? AND a.value = ? AND c.deleted_at IS NULL`,
      ({ tenant, owner, lens, value }: Alias) => [tenant, owner, lens, value],
    ),
    wasDeleted: exists(
      `SELECT 1 FROM conversations c WHERE c.deleted_at IS NOT NULL AND c.tenant = ? AND c.user = ? AND (c.id = ?
         OR c.id IN (SELECT conversation FROM aliases WHERE tenant = ? AND owner = ? AND lens = ? AND value = ?))`,
      ({ tenant, owner, lens, value }: Alias) => [tenant, owner, value, tenant, owner, lens, value],
    ),
    isConversation: exists("SELECT 1 FROM conversations WHERE id = ?", ({ id }: { id: string }) => [id]),
    conversations: ({
      visible,
      lens,
      agent,
      limit,
      offset,
    }: {
      visible: Visible;
      lens: string;
      agent: string | null;
      limit: number;
      offset: number;
    }) => {
      const seen = whereVisible(visible, "c");
      const values = agent === null ? seen.values : [...seen.values, agent];
      const isWanted = agent === null ? "" : " AND c.agent = ?";
      const where = `${seen.sql}${isWanted} AND c.deleted_at IS NULL AND in_time(c.created_at)`;
      const all = rows(
        `SELECT ${COLUMNS} FROM conversations c WHERE ${where} ORDER BY c.created_at DESC, c.id DESC LIMIT ? OFFSET ?`,
        () => [...values, limit, offset],
      );
      // Of the index alone: it has no ids.
      const numbers = rows(
        `SELECT 'of row ' || c.rowid, c.rowid FROM conversations c
         WHERE ${seen.sql} AND c.deleted_at IS NULL ORDER BY c.created_at DESC LIMIT ? OFFSET ?`,
        () => [...seen.values, limit, offset],
      );
      const one = row(`SELECT ${COLUMNS} FROM conversations c WHERE ${where} AND c.rowid = ?`, (n: unknown) => [
        ...values,
        n,
      ]);
      const { rows: found } = pageByRows(
        limit,
        () => ({ rows: all(null), more: false }),
        () => numbers(null),
        ([, n]) => one(n) ?? undefined,
      );
      const total = number(`SELECT count(*) FROM conversations c WHERE ${where}`, () => values)(null);
      return {
        rows: found,
        aliases: found.map(([id]) => (typeof id === "string" ? aliasOf({ conversation: id, lens }) : null)),
        total,
      };
    },
    aliasOf,
    messages: messagePages(db),
    /** What their ids follow from. A conversation keeps so few that all are looked at. */
    messagePlaces: rows(
      "SELECT n, role, task, id, seq FROM messages WHERE conversation = ? ORDER BY n",
      ({ conversation }: { conversation: string }) => [conversation],
    ),
    message: row(
      `SELECT ${MESSAGE_COLUMNS} FROM messages WHERE conversation = ? AND n = ?`,
      ({ conversation, n }: { conversation: string; n: number }) => [conversation, n],
    ),
  };
}

function messagePages(db: Database) {
  const { row, page: paged, number } = queries(db);
  const count = number("SELECT count(*) FROM messages WHERE conversation = ?", (conversation: string) => [
    conversation,
  ]);
  const page = paged(
    `SELECT ${MESSAGE_COLUMNS} FROM messages WHERE conversation = ? AND in_time(n) ORDER BY n LIMIT ? OFFSET ?`,
    MESSAGES_BYTES_MAX,
    ({ conversation, limit, offset }: Messages) => [conversation, limit, offset],
  );
  const firstOf = row(
    "SELECT min(n) FROM messages WHERE conversation = ? AND in_time(n) AND task = ?",
    ({ conversation, before }: Messages) => [conversation, before],
  );
  const pageBefore = paged(
    `SELECT ${MESSAGE_COLUMNS} FROM messages WHERE conversation = ? AND n < ? ORDER BY n DESC LIMIT ?`,
    MESSAGES_BYTES_MAX,
    ({ conversation, n, limit }: { conversation: string; n: number; limit: number }) => [conversation, n, limit],
  );
  return (given: Messages) => {
    const { conversation, limit, before } = given;
    const total = count(conversation);
    if (before === null) return { rows: page(given).rows, total };
    const n = numberIn(firstOf(given)?.[0] ?? Number.MAX_SAFE_INTEGER);
    return { rows: pageBefore({ conversation, n, limit }).rows.reverse(), total };
  };
}
