/** A line of the audit log: who did what, when, with which key. */
import type { Json } from "./json.ts";

export type AuditEntry = { at: number; user: string; keyId: string; act: string; task: string | null; detail: Json };
