/** The parts that read, embed and find documents: they start with the first document. */
import type { Config } from "../config.ts";
import { ProcessExtraction } from "../extraction/process-extraction.ts";
import { documentHandlers } from "../handlers/documents/documents.ts";
import { summarizeWith } from "../handlers/documents/summarize.ts";
import { textProcesses } from "../handlers/documents/text-processes.ts";
import type { Embedder } from "../models/embedding.ts";
import { questionEmbedder } from "../models/embeddings/question-embedder.ts";
import type { Models } from "../models/model.ts";
import type { GuardedClient } from "../outgoing/guarded-client.ts";
import type { Store } from "../store/store.ts";
import type { Handler } from "../task/handler.ts";
import type { Retrieval } from "../verbs/implementation/store-searches.ts";
import { embeddersOf } from "./embedders.ts";
import { downloadOf, fetchingOf } from "./fetching.ts";

type DocumentWork = {
  fetching: GuardedClient | null;
  handlers: (store: Store) => Handler[];
  retrieval: (store: Store) => Retrieval;
  close: () => Promise<void>;
};

/** `watched` observes a provider while it embeds. */
export function documentPartsOf(
  config: Config,
  models: Models,
  watched: (embedder: Embedder) => Embedder,
): DocumentWork {
  const embedders = embeddersOf(config, watched);
  const questions = {
    usual: questionEmbedder(embedders.usual),
    named: (model: string) => {
      const embedder = embedders.named(model);
      return embedder && questionEmbedder(embedder);
    },
  };
  const extraction = new ProcessExtraction();
  const text = textProcesses();
  const fetching = fetchingOf(config.documents.urls);
  return {
    fetching,
    handlers: ({ documents, chunks, files }) =>
      documentHandlers({
        ...{ documents, chunks, files, extraction, text, embedders, models },
        download:
          fetching && downloadOf(fetching, config.documents.fileBytes, (body, bounds) => files.receive(body, bounds)),
      }),
    retrieval: ({ chunks }) => ({ chunks, embedders: questions, summarize: summarizeWith(text, extraction) }),
    close: async () => {
      await Promise.all([extraction.close(), text.close(), fetching?.close()]);
    },
  };
}
