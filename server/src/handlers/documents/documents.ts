/** The handlers of all kinds of work on documents. They write to the server's store, and so run nowhere else. */
import type { Handler } from "../../task/handler.ts";
import { documentAnalysis } from "./document-analysis.ts";
import { fileProcessing } from "./file-processing.ts";
import type { DocumentParts } from "./parts.ts";
import { vectorStoreDeletion } from "./vector-store-deletion.ts";
import { vectorization, vectorStoreCreation } from "./vectorization.ts";

export function documentHandlers(parts: DocumentParts): Handler[] {
  return [
    fileProcessing(parts),
    vectorization(parts),
    vectorStoreCreation(parts),
    documentAnalysis(parts),
    vectorStoreDeletion(parts),
  ].map((handler) => ({ ...handler, inServer: true }));
}
