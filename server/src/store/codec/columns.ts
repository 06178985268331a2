/**
 * The columns that a record's row is read from, in the order in which its reader in this folder takes them. They stand
 * apart from the readers for the threads of the database: those need the names and no schemas, and to load the schemas
 * takes a thread three times as long as everything else.
 */

/** Of `agents a`. */
export const AGENT_COLUMNS =
  "a.id, a.tenant, a.user, a.version, a.definition, a.created_at, a.updated_by, a.updated_at";

/** Of `conversations c`. */
export const CONVERSATION_COLUMNS = `c.id, c.tenant, c.user, c.title, c.context, c.agent, c.knowledge_base,
  c.created_at, c.updated_at, c.last_activity_at, c.last_agent_message_at, c.tasks, c.completed, c.failed,
  c.input_tokens, c.output_tokens, c.cost_usd`;

/** Of `messages`. */
export const MESSAGE_COLUMNS = "n, role, task, at, parts, id, seq, purpose, metadata, edited_at";

/** Of `documents d`. */
export const LISTED_DOCUMENT_COLUMNS = `d.key, d.tenant, d.user, d.id, d.filename, d.purpose, d.sha256, d.md5, d.bytes,
  d.media_type, d.status, d.error, d.created_at, d.updated_at, d.expires_at, d.task, d.annotations, d.reading`;
export const DOCUMENT_COLUMNS = `${LISTED_DOCUMENT_COLUMNS}, d.produced`;

/** Of `vector_stores v`. */
export const VECTOR_STORE_COLUMNS = `v.key, v.tenant, v.user, v.id, v.name, v.description, v.metadata, v.max_tokens,
  v.overlap_tokens, v.model, v.created_at, v.last_active_at, v.expires_after_ms, v.task,
  v.in_progress, v.completed, v.failed, v.cancelled, v.bytes`;

/** Of `members m`. */
export const MEMBER_COLUMNS = `m.vector_store, m.document, m.status, m.error, m.attributes, m.max_tokens,
  m.overlap_tokens, m.batch, m.task, m.bytes, m.created_at`;

/** Of a table `s` of subscriptions, beside a table `t` of tasks and those that they were made of, `o`. */
export const SUBSCRIPTION_COLUMNS =
  "s.key, t.id, s.tenant, s.user, s.id, s.standing, s.done, s.version, s.record, o.record";

/** In the order in which `keyOf` reads them. */
export const KEY_COLUMNS =
  "id, hash, tenant, user, name, scopes, hint, created_at, expires_at, revoked_at, member_groups, member_roles, tier, models, " +
  "above, rotated_at, former_hash, former_until, used_at, used_from";
