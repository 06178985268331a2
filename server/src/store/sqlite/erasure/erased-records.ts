/**
 * Removes the records of an erasure, everything but tasks, in slices of some milliseconds: each step continues where the last slice
 * stopped, since removed things are not found again. In records that stay, a pseudonym replaces the user's name; records on damaged
 * pages stay as they are.
 */
import type { Database } from "better-sqlite3";
import { pseudonymOf } from "../../../task/erasure.ts";
import type { TaskChange } from "../../change-feed.ts";
import { numberIn, textIn } from "../column.ts";
import { DocumentRemoval } from "../documents/document-removal.ts";
import { keysRemoval } from "../keys/key-statements.ts";
import { lateRows, lateRun } from "../late-statements.ts";
import { PassedOver } from "../passed-over.ts";
import { conversationContents } from "../record-sweep.ts";
import { type IsOver, inSlices, SLICE_ROWS } from "../slices.ts";
import { ErasedNames } from "./erased-names.ts";
import { ErasurePlaces } from "./erasure-places.ts";
import { type Erasing, ErasureTally } from "./erasure-tally.ts";

/** Rows that one step of a walk without an index by user reads. */
const LOOKED_AT = 2_000;

type Count = (kind: string, rows: number, since?: number) => void;
/** A slice that removes things of one kind; false when the time is over before all are gone. */
type Step = (of: Erasing, isOver: IsOver, count: Count, passed: PassedOver) => boolean;
type Steps = Readonly<Record<string, Step>>;

export class ErasedRecords {
  readonly #tally;
  readonly #places;
  readonly #names;
  readonly #ofUser: Steps;
  readonly #ofConversation: Steps;
  /** The records that each erasure under way passes over. */
  readonly #passed = new Map<string, PassedOver>();

  constructor(db: Database) {
    this.#tally = new ErasureTally(db);
    this.#places = new ErasurePlaces(db);
    this.#names = new ErasedNames(db, this.#places);
    const conversations = new ErasedConversations(db, this.#places);
    const documents = new ErasedDocuments(db);
    const records = stepsOf(db, this.#places);
    this.#ofUser = {
      keys: records.keys,
      conversations: (...turn) => conversations.ofUser(...turn),
      documents: (of, isOver, count) => documents.erase(of, isOver, count),
      "vector stores": records.vectorStores,
      webhooks: records.webhooks,
      "idempotency keys": records.idempotencyOfUser,
      aliases: records.aliases,
      "the name in work of others": (of, isOver, count) => this.#names.replace(of, isOver, count),
      "idempotency keys of what is gone": records.idempotencyOfNothing,
      share: records.share,
    };
    this.#ofConversation = {
      conversation: (of, ...turn) => conversations.one(of, of.subject.id, ...turn),
      "idempotency keys of what is gone": records.idempotencyOfNothing,
    };
  }

  /** Within the caller's transaction. `damaged` names what stays, at the end. Throws `Damaged`: the next slice passes over that. */
  turn(id: string, isOver: IsOver): { isMore: boolean; renamed: TaskChange[]; damaged: string[] } {
    this.#places.open();
    const of = this.#tally.find(id);
    if (!of) return { isMore: false, renamed: [], damaged: [] };
    const passed = this.#passed.get(id) ?? new PassedOver();
    this.#passed.set(id, passed);
    this.#names.takeRenamed();
    const counts = new Map<string, number>();
    let since: number | null = null;
    const count = (kind: string, rows: number, at?: number) => {
      counts.set(kind, (counts.get(kind) ?? 0) + rows);
      if (rows > 0 && at !== undefined) since = Math.min(since ?? at, at);
    };
    const steps = of.subject.type === "user" ? this.#ofUser : this.#ofConversation;
    const isDone = Object.entries(steps).every(([what, step]) =>
      passed.attempt(what, () => step(of, isOver, count, passed), true),
    );
    this.#tally.add(of, counts, since);
    if (isDone) {
      this.#places.forget(id);
      this.#passed.delete(id);
    }
    return { isMore: !isDone, renamed: this.#names.takeRenamed(), damaged: isDone ? passed.those : [] };
  }
}

class ErasedConversations {
  readonly #ofUser;
  readonly #find;
  readonly #hasTask;
  readonly #remove;
  readonly #blank;
  readonly #noteFiles;
  readonly #contents;
  readonly #last;
  readonly #places: ErasurePlaces;

  constructor(db: Database, places: ErasurePlaces) {
    this.#places = places;
    this.#last = lateRows(
      db,
      `SELECT max(id) FROM (SELECT id FROM conversations WHERE id > ? ORDER BY id LIMIT ${LOOKED_AT})`,
    );
    // Deleted conversations are in no index by user.
    this.#ofUser = lateRows(
      db,
      `SELECT id FROM (SELECT id, tenant, user FROM conversations WHERE id > ? ORDER BY id LIMIT ${LOOKED_AT})
       WHERE tenant = ? AND user = ?`,
    );
    this.#find = lateRows(db, "SELECT created_at FROM conversations WHERE id = ? AND tenant = ?");
    this.#hasTask = lateRows(db, "SELECT 1 FROM tasks WHERE conversation = ? LIMIT 1");
    this.#remove = lateRun(db, "DELETE FROM conversations WHERE id = ?");
    this.#blank = lateRun(
      db,
      `UPDATE conversations SET user = ?, title = '', context = '{}', agent = NULL, knowledge_base = NULL,
         deleted_at = coalesce(deleted_at, ?) WHERE id = ?`,
    );
    this.#noteFiles = lateRun(
      db,
      "INSERT OR IGNORE INTO erased_files (erasure, sha256) SELECT ?, sha256 FROM conversation_files WHERE conversation = ?",
    );
    this.#contents = lateContents(db);
  }

  ofUser(of: Erasing, isOver: IsOver, count: Count, passed: PassedOver): boolean {
    return this.#places.goOver({ erasure: of.id, look: "conversations", first: "", isOver }, (after) => {
      const last = this.#last.get(after)?.[0] ?? null;
      for (const [id] of this.#ofUser.all(after, of.tenant, of.subject.id))
        if (
          !passed.attempt(`conversation ${id}`, () => this.one(of, textIn(id), isOver, count, passed), true) ||
          isOver()
        )
          return false;
      return last === null ? null : textIn(last);
    });
  }

  /** One with a task of somebody else is emptied, and removed with that task. One that cannot be emptied loses its owner. */
  one(of: Erasing, id: string, isOver: IsOver, count: Count, passed: PassedOver): boolean {
    const row = this.#find.get(id, of.tenant);
    if (!row) return true;
    this.#noteFiles.run(of.id, id);
    const messages = `messages of conversation ${id}`;
    const empty = () => this.#contents().empty(id, isOver, (rows) => count("messages", rows, numberIn(row[0])));
    if (!passed.attempt(messages, empty, true)) return false;
    if (this.#hasTask.get(id) || passed.has(messages)) this.#blank.run(pseudonymOf(of), of.requestedAt, id);
    else this.#remove.run(id);
    count("conversations", 1, numberIn(row[0]));
    return true;
  }
}

function lateContents(db: Database) {
  let made: ReturnType<typeof conversationContents> | null = null;
  return () => (made ??= conversationContents(db));
}

class ErasedDocuments {
  readonly #db: Database;
  readonly #mine;
  readonly #hidden;
  readonly #noteFile;
  #removal: DocumentRemoval | null = null;

  constructor(db: Database) {
    this.#db = db;
    this.#mine = lateRows(db, "SELECT key, created_at FROM documents WHERE tenant = ? AND user = ? LIMIT 1");
    this.#hidden = lateRows(db, "SELECT key FROM documents WHERE expires_at = 0 LIMIT 1");
    this.#noteFile = lateRun(
      db,
      "INSERT OR IGNORE INTO erased_files (erasure, sha256) SELECT ?, sha256 FROM documents WHERE key = ? AND sha256 IS NOT NULL",
    );
  }

  /** Hidden first, and then emptied along with all other hidden ones: they cannot be told apart any more. */
  erase(of: Erasing, isOver: IsOver, count: Count): boolean {
    this.#removal ??= new DocumentRemoval(this.#db);
    const next = () => this.#mine.get(of.tenant, of.subject.id);
    for (let row = next(); row; row = next()) {
      this.#noteFile.run(of.id, row[0]);
      this.#removal.hide(textIn(row[0]));
      count("documents", 1, numberIn(row[1]));
      if (isOver()) return false;
    }
    for (let row = this.#hidden.get(); row; row = this.#hidden.get())
      if (!this.#removal.empty(textIn(row[0]), isOver) || isOver()) return false;
    return true;
  }
}

function stepsOf(db: Database, places: ErasurePlaces) {
  return { ...keySteps(db), ...webhookSteps(db, places), ...nameSteps(db, places), vectorStores: vectorStoreStep(db) };
}

function keySteps(db: Database) {
  const removeKeys = keysRemoval(db);
  const aliases = ["aliases", "task_aliases"].map((table) =>
    lateRun(db, `DELETE FROM ${table} WHERE tenant = ? AND owner = ?`),
  );
  const noShare = lateRun(db, "DELETE FROM stored_bytes WHERE tenant = ? AND owner = '=' || ? AND bytes = 0");
  return {
    /** The stored bytes counted for the user: nothing, by now. */
    share: (({ tenant, subject }) => {
      noShare.run(tenant, subject.id);
      return true;
    }) satisfies Step,
    /** Keys that were made since it began. */
    keys: (({ tenant, subject, requestedAt }, _, count) => {
      count("keys", removeKeys({ tenant, user: subject.id, at: requestedAt }));
      return true;
    }) satisfies Step,
    aliases: (({ tenant, subject }, _, count) => {
      for (const remove of aliases) count("names", remove.run(tenant, subject.id).changes);
      return true;
    }) satisfies Step,
  };
}

function vectorStoreStep(db: Database): Step {
  const next = lateRows(db, "SELECT key, created_at FROM vector_stores WHERE tenant = ? AND user = ? LIMIT 1");
  const someMembers = lateRun(
    db,
    "DELETE FROM members WHERE vector_store = ? AND document IN (SELECT document FROM members WHERE vector_store = ? LIMIT ?)",
  );
  const remove = lateRun(db, "DELETE FROM vector_stores WHERE key = ?");
  return ({ tenant, subject }, isOver, count) => {
    for (let row = next.get(tenant, subject.id); row; row = next.get(tenant, subject.id)) {
      const key = row[0];
      if (!inSlices(isOver, SLICE_ROWS, () => someMembers.run(key, key, SLICE_ROWS).changes)) return false;
      remove.run(key);
      count("vector stores", 1, numberIn(row[1]));
      if (isOver()) return false;
    }
    return true;
  };
}

function webhookSteps(db: Database, places: ErasurePlaces) {
  const some = lateRows(
    db,
    `SELECT key FROM (SELECT rowid AS n, key, tenant, user FROM subscriptions WHERE rowid > ? ORDER BY rowid LIMIT ${LOOKED_AT})
     WHERE tenant = ? AND user = ?`,
  );
  const last = lateRows(
    db,
    `SELECT max(rowid) FROM (SELECT rowid FROM subscriptions WHERE rowid > ? ORDER BY rowid LIMIT ${LOOKED_AT})`,
  );
  const remove = lateRun(db, "DELETE FROM subscriptions WHERE key = ?");
  return {
    webhooks: (({ id, tenant, subject }, isOver, count) =>
      places.goOver({ erasure: id, look: "webhooks", first: 0, isOver }, (after) => {
        const end = last.get(after)?.[0] ?? null;
        for (const [key] of some.all(after, tenant, subject.id)) {
          count("webhooks", remove.run(key).changes);
          if (isOver()) return false;
        }
        return end === null ? null : numberIn(end);
      })) satisfies Step,
  };
}

/** Idempotency keys, which are names that clients have given. */
function nameSteps(db: Database, places: ErasurePlaces) {
  const some = lateRun(
    db,
    `DELETE FROM idempotency WHERE scope >= ? AND scope < ? AND (scope, key) IN (
       SELECT scope, key FROM idempotency WHERE scope >= ? AND scope < ? LIMIT ?)`,
  );
  const unowned = lateRows(
    db,
    // The record of a payment names nothing there, and that of a new agent names the agent.
    `SELECT scope, key, task = '' OR EXISTS (SELECT 1 FROM tasks t WHERE t.id = task)
       OR EXISTS (SELECT 1 FROM agents a WHERE a.id = task) FROM idempotency
     WHERE (scope, key) > (?, ?) ORDER BY scope, key LIMIT ?`,
  );
  const remove = lateRun(db, "DELETE FROM idempotency WHERE scope = ? AND key = ?");
  return {
    idempotencyOfUser: (({ tenant, subject }, isOver, count) => {
      // In the form of `idempotencyRecord`: the tenant, the user and the scope, a line each.
      const from = `${tenant}\n${subject.id}\n`;
      const to = `${tenant}\n${subject.id}\u000b`;
      return inSlices(isOver, SLICE_ROWS, () => {
        const { changes } = some.run(from, to, from, to, SLICE_ROWS);
        count("idempotency keys", changes);
        return changes;
      });
    }) satisfies Step,
    idempotencyOfNothing: (({ id }, isOver, count) =>
      places.goOver({ erasure: id, look: "idempotency keys", first: ["", ""], isOver }, (after) => {
        const slice = unowned.all(...after, LOOKED_AT);
        for (const [scope, key, isOwned] of slice)
          if (isOwned === 0) count("idempotency keys", remove.run(scope, key).changes);
        const last = slice.at(-1);
        return last && slice.length === LOOKED_AT ? last.slice(0, 2).map(textIn) : null;
      })) satisfies Step,
  };
}
