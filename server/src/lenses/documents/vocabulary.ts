/** The words of the wire, each beside the canonical word that it stands for. */
import type { DocumentKind } from "../../task/documents/document.ts";
import { STATES, type State } from "../../task/states.ts";

export const STATUSES = ["pending", "in_progress", "completed", "failed", "cancelled"] as const;
export type Status = (typeof STATUSES)[number];

export const STATUS_OF: Readonly<Record<State, Status>> = {
  queued: "pending",
  running: "in_progress",
  paused: "in_progress",
  input_required: "in_progress",
  waiting: "in_progress",
  completed: "completed",
  failed: "failed",
  cancelled: "cancelled",
  timed_out: "failed",
  rejected: "failed",
};

const SPELLINGS: ReadonlyMap<string, Status> = new Map<string, Status>([
  ...STATUSES.map((status) => [status, status] as const),
  ["running", "in_progress"],
  ["canceled", "cancelled"],
]);

/** The status that a client means; undefined when it is none. */
export function statusIn(text: string): Status | undefined {
  return SPELLINGS.get(text);
}

export function statesOf(status: Status): State[] {
  return STATES.filter((state) => STATUS_OF[state] === status);
}

/** The machine words that begin a reason of failure. */
const FAILURES: ReadonlySet<string> = new Set([
  "unsupported_file",
  "invalid_file",
  "encrypted_file",
  "empty_document",
  "too_large",
  "timeout",
  "internal_error",
]);

/** Codes of ours that mean one of them. */
const MEANT: Readonly<Record<string, string>> = { deadline: "timeout", step_timeout: "timeout" };

/** The reason of a failure of work on documents: a machine word, a colon and a sentence. */
export function failureReason(code: string, message: string): string {
  const [begins = ""] = message.split(":", 1);
  if (FAILURES.has(begins)) return message;
  const word = FAILURES.has(code) ? code : (MEANT[code] ?? "internal_error");
  return `${word}: ${message === "" ? "the work did not succeed" : message}`;
}

export type LastErrorCode = "server_error" | "unsupported_file" | "invalid_file";

/** What OpenAI's clients are told of a file that could not be read. */
export function lastErrorCode(reason: string): LastErrorCode {
  const [word = ""] = reason.split(":", 1);
  if (word === "unsupported_file") return "unsupported_file";
  return ["invalid_file", "encrypted_file", "empty_document"].includes(word) ? "invalid_file" : "server_error";
}

/** Names of a task's own details on this wire. What has no row keeps its name, in this wire's spelling. */
export const DETAIL_NAMES: Readonly<Record<string, string>> = { documentId: "file_id", counts: "file_counts" };

export function isDocumentKind(kind: string): kind is DocumentKind {
  return KINDS.has(kind);
}

const KINDS: ReadonlySet<string> = new Set<DocumentKind>([
  "file_processing",
  "vectorization",
  "vector_store_creation",
  "document_analysis",
  "vector_store_deletion",
]);
