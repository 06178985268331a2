/** What may be said of documents, apart from their schemas: the command line starts with these words alone. */

/** What a document analysis may be asked to produce. */
export const ANALYSES = ["abstract", "summary", "outline", "keywords", "contexts", "graph"] as const;
export type Analysis = (typeof ANALYSES)[number];

/** What a file may be uploaded for; clients of OpenAI's API know these words. */
export const PURPOSES = ["general", "qa", "assistants", "user_data", "vision", "batch", "fine-tune", "evals"] as const;
