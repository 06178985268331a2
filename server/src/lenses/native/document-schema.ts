/** What the native wire may say of files and vector stores. */
import { z } from "zod";
import { AUTO_CHUNKING } from "../../task/documents/chunk.ts";
import { ANALYSES, DOCUMENT_STATUSES, MEMBER_STATUSES, PURPOSES } from "../../task/documents/document.ts";
import { attributeFilter } from "../attribute-filter.ts";
import * as field from "../document-fields.ts";
import { named } from "../openapi.ts";
import { anyObject, count, limit, listOf, pageQuery, time } from "./schema.ts";

const EXPIRES_MS_MIN = 3_600_000;
const FILE_EXPIRES_MS_MAX = 30 * 86_400_000;
const STORE_EXPIRES_MS_MAX = 365 * 86_400_000;
/** Of one call. */
const FILES_MAX = 500;
const PAGES_MAX = 100;
const TOKENS = { max: 4_000, usual: 1_000 };

export const reading = z.strictObject({
  file_type: z.string().describe("What it is by its content: pdf, docx, …"),
  language: z.string().describe("ISO 639-1, or unknown."),
  pages: count.describe("Pages, slides, sheets or sections."),
  chunks: count.describe("Pieces in which it is searched."),
  title: z.string().nullable(),
  author: z.string().nullable(),
  properties: anyObject.describe("What the document says of itself."),
});
named(reading, "FileReading");

export const file = z.strictObject({
  id: z.string(),
  filename: z.string(),
  purpose: z.string(),
  media_type: z.string().describe("As the client declared it, and by its content once it has been read."),
  bytes: count,
  md5: z.string().nullable(),
  status: z.enum(DOCUMENT_STATUSES).describe("`uploaded` until its task has read it."),
  error: z.string().nullable().describe("Why it could not be read: a word for programs, a colon, a sentence."),
  task_id: z.string().nullable().describe("The last task that works or has worked on it."),
  reading: reading.nullable(),
  user: z.string(),
  created_at: time,
  updated_at: time,
  expires_at: time.nullable(),
});
named(file, "StoredFile");
export type FileWire = z.infer<typeof file>;

const flag = z.enum(["true", "false"]).transform((text) => text === "true");
const bool = flag.meta({ wire: { type: "boolean" } });
const number = z
  .string()
  .regex(/^\d{1,12}$/, "must be a whole number")
  .transform(Number);

/** Of an upload: fields of its form, or the query of one that is nothing but bytes. */
const uploadFields = {
  filename: z.string().min(1).max(1_000).optional().describe("Needed where no form names the file."),
  id: field.ownId.optional().describe("A name of yours; a random UUID when absent. One that is taken is a `conflict`."),
  purpose: z.enum(PURPOSES).optional().describe("`general` when absent."),
  md5: z
    .string()
    .regex(/^[0-9a-fA-F]{32}$/, "must be 32 hexadecimal digits")
    .optional()
    .describe("What the bytes must have."),
  skip_existing: bool.optional().describe("A file of the same bytes, or of this id, is answered as it is."),
  analyses: listOf(z.enum(ANALYSES), { type: "string", enum: [...ANALYSES] })
    .optional()
    .describe("What is made of it beside reading it. One or more, repeated or with commas."),
  vectorize: bool.optional().describe("Embed it, also outside of vector stores."),
  recognize: bool.optional().describe("Read the text of pictures too: true when absent."),
  outline_as_json: bool.optional(),
  expires_after_ms: number
    .pipe(z.int().min(EXPIRES_MS_MIN).max(FILE_EXPIRES_MS_MAX))
    .meta({ wire: { type: "integer", minimum: EXPIRES_MS_MIN, maximum: FILE_EXPIRES_MS_MAX } })
    .optional(),
};
export const uploadForm = z.strictObject(uploadFields);
export type UploadFields = z.infer<typeof uploadForm>;

export const filesQuery = z.strictObject({ ...pageQuery.shape, purpose: z.enum(PURPOSES).optional() });

export const filePage = z.strictObject({
  number: z.int().min(1),
  name: z.string().nullable().describe("Of a sheet, a slide or a chapter."),
  content: z.string().describe("Markdown."),
  recognized: z.boolean().describe("Read from its picture."),
});
named(filePage, "FilePage");
const start = number.pipe(z.int().min(1).max(1_000_000)).meta({ wire: { type: "integer", minimum: 1 } });
export const pagesQuery = z.strictObject({
  limit: limit(PAGES_MAX, 20),
  start: start.optional().describe("Number of the first page; `next` of the answer before."),
});
export const filePages = z.strictObject({
  data: z.array(filePage),
  total: count.describe("Pages that have been read so far."),
  next: z.int().nullable().describe("Number of the page that comes after these; null after the last."),
});
named(filePages, "FilePages");

export const analysis = z.strictObject({
  abstract: z.string().nullable(),
  summary: z.string().nullable(),
  outline: z.string().nullable(),
  keywords: z.array(z.string()).nullable(),
  contexts: z.array(z.string()).nullable(),
  graph: z
    .strictObject({
      entities: z.array(z.strictObject({ name: z.string(), type: z.string(), count })),
      relationships: z.array(z.strictObject({ source: z.string(), target: z.string(), weight: z.number() })),
    })
    .nullable(),
  method: z.string().nullable().describe("`extractive`, or the name of the model."),
});
named(analysis, "FileAnalysis");
export const analysisBody = z
  .strictObject({
    analyses: z.array(z.enum(ANALYSES)).max(ANALYSES.length).default([]),
    vectorize: z.boolean().default(false),
    outline_as_json: z.boolean().default(false),
  })
  .meta({ example: { analyses: ["abstract", "keywords"] } });

const chunking = z
  .strictObject({
    max_tokens: field.chunkSize.default(AUTO_CHUNKING.maxTokens),
    overlap_tokens: z.int().min(0).default(AUTO_CHUNKING.overlapTokens),
  })
  .refine(({ max_tokens, overlap_tokens }) => overlap_tokens <= max_tokens * field.OVERLAP_SHARE_MAX, {
    error: "overlap_tokens must be at most half of max_tokens",
  });

const fileCounts = z.strictObject({ in_progress: count, completed: count, failed: count, cancelled: count });

export const vectorStore = z.strictObject({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  metadata: anyObject,
  status: z.enum(["in_progress", "completed", "expired"]),
  file_counts: fileCounts,
  bytes: count.describe("Of the files in it."),
  chunking: z.strictObject({ max_tokens: count, overlap_tokens: count }),
  model: z.string().describe("Of its vectors."),
  task_id: z.string().nullable().describe("The last task that has changed it."),
  user: z.string(),
  created_at: time,
  last_active_at: time,
  expires_after_ms: count.nullable().describe("After it was last used; null: never."),
  expires_at: time.nullable(),
});
named(vectorStore, "VectorStore");

const fileIds = z.array(field.documentId).max(FILES_MAX);
const storeExpiry = z.int().min(EXPIRES_MS_MIN).max(STORE_EXPIRES_MS_MAX).nullable();
export const newVectorStore = z
  .strictObject({
    id: field.ownId.optional().describe("A name of yours; random when absent. One that is taken is a `conflict`."),
    name: field.storeName.default(""),
    description: field.storeDescription.default(""),
    metadata: storeMetadata().default({}),
    file_ids: fileIds.default([]),
    chunking: chunking.optional(),
    expires_after_ms: storeExpiry.default(null),
  })
  .meta({ example: { name: "Handbook", file_ids: ["FILE_ID"] } });
export const vectorStoreUpdate = z
  .strictObject({
    name: field.storeName.optional(),
    description: field.storeDescription.optional(),
    metadata: storeMetadata().optional(),
    expires_after_ms: storeExpiry.optional(),
  })
  .refine((update) => Object.keys(update).length > 0, { error: "Nothing is to be changed." })
  .meta({ example: { name: "Handbook" } });
export const deletedVectorStore = z.strictObject({
  id: z.string(),
  task_id: z.string().describe("The task that clears up behind it."),
});

export const storeFile = z.strictObject({
  file_id: z.string(),
  filename: z.string(),
  vector_store_id: z.string(),
  status: z.enum(MEMBER_STATUSES),
  error: z.string().nullable(),
  bytes: count,
  attributes: anyObject.describe("What searches filter by: texts, numbers, true and false."),
  chunking: z.strictObject({ max_tokens: count, overlap_tokens: count }),
  task_id: z.string().nullable().describe("The task that it came with last."),
  created_at: time,
});
named(storeFile, "VectorStoreFile");
export const storeFilesQuery = z.strictObject({ ...pageQuery.shape, status: z.enum(MEMBER_STATUSES).optional() });
export const addedFiles = z
  .strictObject({
    files: z
      .array(
        z.strictObject({
          file_id: field.documentId,
          attributes: memberAttributes().default({}),
          chunking: chunking.optional(),
        }),
      )
      .min(1)
      .max(FILES_MAX),
  })
  .meta({ example: { files: [{ file_id: "FILE_ID", attributes: { year: 2026 } }] } });
export const attributesBody = z
  .strictObject({ attributes: memberAttributes() })
  .meta({ example: { attributes: { year: 2026 } } });

export const searchBody = z
  .strictObject({
    query: z.union([field.query, field.queries]).describe("One question, or up to ten, whose results are merged."),
    limit: z.int().min(1).max(field.RESULTS_MAX).default(field.RESULTS_USUAL),
    filter: attributeFilter
      .optional()
      .describe("`{key: value}` for equality, or a tree of `{type, key, value}` and `{type: and | or, filters}`."),
    score_min: field.score.default(0),
  })
  .meta({ example: { query: "Which seal does the pump need?", limit: 5 } });
export const hit = z.strictObject({
  file_id: z.string(),
  filename: z.string(),
  score: z.number().min(0).max(1),
  text: z.string(),
  page: z.int().nullable().describe("From 1; null where the format has no pages."),
  place: z
    .strictObject({ page: z.int().min(1), start: count, end: count })
    .describe("Where it stands: in the text of which of `/pages`, in UTF-16 units."),
  attributes: anyObject,
  highlights: z
    .array(z.strictObject({ start: count, end: count }))
    .describe("Words of the question in `text`, in UTF-16 units."),
});
named(hit, "SearchHit");

export const summaryQuery = z.strictObject({ tokens: limit(TOKENS.max, TOKENS.usual).describe("At most so many.") });
export const storeSummary = z.strictObject({
  text: z.string(),
  model: z.string().describe("What has written it."),
  tokens: count,
  created_at: time,
});
named(storeSummary, "VectorStoreSummary");

/** As the document shows them: what only code can check is an object there. */
function storeMetadata() {
  return field.storeMetadata.meta({ wire: { type: "object", additionalProperties: true } });
}

function memberAttributes() {
  return field.memberAttributes.meta({ wire: { type: "object", additionalProperties: true } });
}
