/** What of documents and vector stores is written at once, and how a store says that it cannot be. */
import type { BatchRecord, DocumentRecord, MemberRecord, VectorStoreRecord } from "../task/documents/document.ts";
import { Refusal } from "../task/errors.ts";
import type { JsonObject } from "../task/json/json.ts";

/** All of it commits, or nothing. Of a new task it is the last task of whatever comes with it. */
export type DocumentWrite = {
  /** New. Its owner has none of this id. */
  document?: DocumentRecord;
  /** New, likewise. */
  vectorStore?: VectorStoreRecord;
  /** Those that are there already are replaced. All of one vector store. */
  members?: readonly MemberRecord[];
  batch?: BatchRecord;
  changed?: { key: string } & VectorStoreChange;
  /** Of the vector store that is new or changed. */
  named?: OwnName;
  left?: { vectorStore: string; documents: readonly string[] };
  /** By its key: with its memberships. */
  removed?: { vectorStore: string };
  /** By their keys: it becomes their last task. */
  ofTask?: { document?: string; vectorStore?: string };
};

/** A name that no other vector store of its owner has whose metadata has the key `among`. */
type OwnName = { name: string; among: string };

export type VectorStoreChange = {
  name?: string;
  description?: string;
  metadata?: JsonObject;
  expiresAfterMs?: number | null;
  lastActiveAt?: number;
  model?: string;
};

/** The owner has one of this id already, or what it belongs to is not there any more. */
export type DocumentsRefused = { why: "taken" | "gone"; noun: "document" | "vector store" | "name" };

const TAKEN = {
  document: "There is a file of this id already.",
  "vector store": "There is a vector store of this id already.",
  name: "There is a vector store of this name already.",
} as const;
const GONE = {
  document: "There is no such file, or not any more.",
  "vector store": "There is no such vector store, or not any more.",
  name: "There is nothing of this name.",
} as const;

export function refusalOf({ why, noun }: DocumentsRefused): Refusal {
  if (why === "gone") return new Refusal("not_found", GONE[noun]);
  return new Refusal("conflict", TAKEN[noun], { field: noun === "name" ? "name" : "id" });
}
