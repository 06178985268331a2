/**
 * An entry of the audit log: who did what, when, with which key, and from where. It holds ids, names and sizes, and
 * nothing of what was said: no inputs, outputs or secrets.
 */
import { type Json, type JsonObject, wellFormed } from "./json/json.ts";
import type { Origin } from "./origin.ts";
import type { Principal } from "./principal.ts";

export type AuditEntry = {
  /** Empty where it is nobody's but the server's own. */
  tenant: string;
  at: number;
  user: string;
  keyId: string;
  /** What was done: `submit`, `cancel`, `keys.create`. */
  act: string;
  task: string | null;
  detail: Json;
  /** Null where no request asked for it, such as a command on the data folder. */
  origin: Origin | null;
};

/**
 * Where an entry stands in the log: its number, and the hash of its line, in which that of the line before stands. It is
 * null of one that was written before there was a chain, and the one before empty where there is none.
 */
export type AuditRecord = AuditEntry & { n: number; previous: string; hash: string | null };

/** Those that fit all that is given. */
export type AuditFilter = {
  tenants?: readonly string[];
  user?: string;
  keyId?: string;
  /** One act, or all of a noun: `keys` are `keys.create`, `keys.revoke` and so on. */
  act?: string;
  task?: string;
  address?: string;
  /** Not before this moment. */
  from?: number;
  before?: number;
};

/** From after an entry on, oldest first, or from before one back, newest first; without either, the newest. */
export type AuditPlace = { after: number } | { before: number | null };

export type AuditPage = {
  entries: AuditRecord[];
  /** All up to here was looked at, this one included: the next page begins beyond it. */
  place: number;
  /** There may be more beyond. */
  more: boolean;
};

/** What an act was about. */
type About = { task?: string | null; detail?: JsonObject };

export function auditEntry(principal: Principal, act: string, at: number, { task = null, detail }: About): AuditEntry {
  const { tenant, user, keyId, origin = null } = principal;
  return { tenant, at, user, keyId, act, task, detail: detail ? wellFormed(detail) : {}, origin };
}
