/** The records that a task is about; they may be gone by the time it runs. */
import type { DocumentStore } from "../../store/document-store.ts";
import type { DocumentRecord, VectorStoreRecord } from "../../task/documents/document.ts";
import { StepFailure } from "./step-failure.ts";

/** Throws `StepFailure` when its owner has removed it. */
export async function knownDocument(documents: DocumentStore, key: string): Promise<DocumentRecord> {
  const document = await documents.document(key);
  if (!document) throw new StepFailure("not_found", "The file was removed.");
  return document;
}

/** Throws `StepFailure` when its owner has removed it. */
export async function knownVectorStore(documents: DocumentStore, key: string): Promise<VectorStoreRecord> {
  const store = await documents.vectorStore(key);
  if (!store) throw new StepFailure("not_found", "The vector store was removed.");
  return store;
}
