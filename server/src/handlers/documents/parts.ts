/** The parts that handlers of documents are given. */
import type { Extraction } from "../../extraction/extraction.ts";
import type { Embedder } from "../../models/embedding.ts";
import type { Models } from "../../models/model.ts";
import type { ChunkStore } from "../../store/chunk-store.ts";
import type { DocumentStore } from "../../store/document-store.ts";
import type { TextProcesses } from "./text-processes.ts";

/** The model that embeds new documents, and the models of older vectors. */
export interface Embedders {
  readonly usual: Embedder;
  /** Null when it is not configured any more. */
  named(model: string): Embedder | null;
}

/** Files as other processes of this machine can read them. */
interface LocalFiles {
  /** Throws `not_found`. The reader releases it. */
  local(sha256: string): Promise<{ path: string; release: () => Promise<void> }>;
}

/** Bytes from the web that are on disk. They are released once a record names them, or none will. */
export type Downloaded = {
  sha256: string;
  md5: string;
  bytes: number;
  mediaType: string;
  release: () => Promise<void>;
};

/** Downloads a file from the web. Rejects with `StepFailure` when to try again does not help. */
export type Download = (url: string, signal: AbortSignal) => Promise<Downloaded>;

export type DocumentParts = {
  documents: DocumentStore;
  chunks: ChunkStore;
  files: LocalFiles;
  extraction: Extraction;
  embedders: Embedders;
  models: Models;
  text: TextProcesses;
  /** Null when this server fetches nothing. */
  download: Download | null;
};
