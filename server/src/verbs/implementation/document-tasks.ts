/**
 * Tasks about documents: how one begins, under the name by which clients of the documents API know it, and how all tasks about one
 * thing end.
 */
import type { Clock } from "../../engine/clock.ts";
import type { Engine } from "../../engine/engine.ts";
import type { Ids } from "../../engine/ids.ts";
import type { DocumentWrite } from "../../store/document-write.ts";
import type { Store } from "../../store/store.ts";
import type { IdempotencyRecord } from "../../store/write.ts";
import { DOCUMENT_KINDS, type DocumentKind } from "../../task/documents/document.ts";
import { notFound, Refusal } from "../../task/errors.ts";
import type { TaskId } from "../../task/id.ts";
import type { JsonObject } from "../../task/json/json.ts";
import { plainSubmission } from "../../task/new-task.ts";
import type { Principal } from "../../task/principal.ts";
import { OPEN_STATES } from "../../task/states.ts";
import { PAGE_LIMIT_MAX, type Page, type TaskList } from "../../task/task-filter.ts";
import { type AllowedModels, ownModels } from "./allowed-models.ts";
import { mustBeSameRequest } from "./idempotency.ts";
import { type HeldBoundsOf, shareOf } from "./share-of.ts";
import { type AskedBy, submitTask, type TraceBegins } from "./submit-task.ts";

/** The lens whose clients know these tasks by name, whichever lens began them. */
const NAMED_IN = "documents";

export type DocumentTasksParts = {
  engine: Engine;
  store: Store;
  clock: Clock;
  ids: Ids;
  trace?: TraceBegins;
  allowedModels?: AllowedModels;
  heldBounds?: HeldBoundsOf;
};

/** A document or vector store, with its owner and its title. */
type Owned = { tenant: string; user: string; id: string; filename?: string; name?: string };

const SUBJECT_CHARACTERS_MAX = 255;

type Begun = {
  /** The task was begun before under the same idempotency key. */
  replayed: boolean;
  task: TaskId;
  /** The owner's name for the document or vector store that it is about. */
  about: string;
};

type NewDocumentTask = {
  kind: DocumentKind;
  input: JsonObject;
  lens: string;
  /** Of the request that begins it: a repeat begins nothing. */
  idempotency?: IdempotencyRecord | undefined;
  /** Its name: a taken one gets a number, unless it `replaces` its holder. */
  name: string;
  replaces?: boolean;
  /** The document or vector store that it is about: the field of its metadata, and the id. */
  about: { field: "file_id" | "vector_store_id"; owned: Owned };
  details?: JsonObject;
  documents: DocumentWrite;
  /** Null if the server itself begins it. */
  asked: AskedBy | null;
};

export class DocumentTasks {
  readonly #parts: DocumentTasksParts;

  constructor(parts: DocumentTasksParts) {
    this.#parts = parts;
  }

  /**
   * One commit: the task, its name and the thing it is about. Throws as the store does when that cannot be written, and `conflict` when
   * the idempotency key was used for another request.
   */
  async begin(wanted: NewDocumentTask): Promise<Begun> {
    const { kind, input, lens, idempotency, name, replaces = false, about, details, documents, asked } = wanted;
    const { allowedModels = ownModels } = this.#parts;
    const handler = this.#parts.engine.handlers.get(kind);
    if (!handler) throw new Refusal("unavailable", `This server does no work of kind "${kind}".`);
    const { tenant, user, id, filename, name: called } = about.owned;
    const subject = (filename ?? (called || id)).slice(0, SUBJECT_CHARACTERS_MAX).toWellFormed();
    const done = await submitTask(
      this.#parts,
      {
        handler,
        submission: { ...plainSubmission(kind, { ...input, subject }), metadata: { [about.field]: id } },
        lens,
        tenant,
        user,
        conversation: null,
        parent: null,
        retryOf: null,
        trace: asked?.principal.trace ?? null,
        models: asked === null ? [] : allowedModels(asked.principal),
        tier: asked?.principal.tier,
        ...(details && { details }),
      },
      {
        ...shareOf(this.#parts.heldBounds, asked?.principal ?? null, this.#parts.clock.now()),
        documents,
        aliases: [{ tenant, owner: user, lens: NAMED_IN, value: name, numbered: !replaces }],
        ...(idempotency && { idempotency }),
      },
      asked,
    );
    if ("task" in done) return { replayed: false, task: done.task.id, about: id };
    mustBeSameRequest(idempotency, done.hash);
    const begun = await this.#parts.engine.transitions.find(done.replayed);
    const owned = begun?.metadata[about.field];
    if (typeof owned !== "string") throw notFound("What this key began");
    return { replayed: true, task: done.replayed, about: owned };
  }

  /** Tasks about this document or vector store, newest first, ended ones too. */
  of({ field, owned: { tenant, user, id } }: NewDocumentTask["about"], page: Page): Promise<TaskList> {
    const limit = Math.min(page.limit, PAGE_LIMIT_MAX);
    const filter = { kinds: DOCUMENT_KINDS, metadata: { [field]: id } };
    return this.#parts.store.list({ tenant, user }, filter, { ...page, limit });
  }

  /** Clients' names of these tasks; `otherwise` for one without a name. */
  async names(tasks: readonly { task: TaskId | null; otherwise: string }[]): Promise<string[]> {
    const ids = tasks.flatMap(({ task }) => (task === null ? [] : [task]));
    const found = await this.#parts.store.taskAliases(ids, NAMED_IN);
    const names = new Map(ids.map((id, at) => [id, found[at] ?? null]));
    return tasks.map(({ task, otherwise }) => (task !== null && names.get(task)) || otherwise);
  }

  /** Whether any task about this document or vector store is still open. */
  async anyOpen({ field, owned: { tenant, user, id } }: NewDocumentTask["about"]): Promise<boolean> {
    const filter = { states: OPEN_STATES, kinds: DOCUMENT_KINDS, metadata: { [field]: id } };
    return (await this.#parts.store.list({ tenant, user }, filter, { limit: 1 })).tasks.length > 0;
  }

  /** Cancels the open tasks about this document or vector store. */
  async cancelAll(principal: Principal, { field, owned }: NewDocumentTask["about"], reason: string): Promise<void> {
    const { store } = this.#parts;
    const { tenant, user, id } = owned;
    const filter = { states: OPEN_STATES, kinds: DOCUMENT_KINDS, metadata: { [field]: id } };
    for (let cursor: string | null = ""; cursor !== null; ) {
      const page = { limit: PAGE_LIMIT_MAX, ...(cursor !== "" && { cursor }) };
      const found = await store.list({ tenant, user }, filter, page);
      for (const task of found.tasks) await this.cancel(principal, task.id, reason);
      cursor = found.next;
    }
  }

  /** A task that has ended meanwhile, or does not exist, is left. */
  async cancel(principal: Principal, task: TaskId, reason: string): Promise<void> {
    try {
      await this.#parts.engine.transitions.cancel(task, { do: "cancel", by: principal.user, reason }, {});
    } catch (error) {
      const isOver = error instanceof Refusal && ["not_allowed_in_state", "not_found"].includes(error.code);
      if (!isOver) throw error;
    }
  }
}
