/** What the wire may say: the bodies and forms of requests, and what answers look like. */
import { z } from "zod";
import { ANALYSES, PURPOSES } from "../../task/documents/document.ts";
import { jsonObject } from "../../task/json/json.ts";
import { jsonOf, SMALL_JSON_LENGTH_MAX } from "../body/well-formed.ts";
import {
  chunkSize,
  documentId,
  memberAttributes,
  OVERLAP_SHARE_MAX,
  ownId,
  storeDescription,
  storeMetadata,
  storeName,
} from "../document-fields.ts";
import { named } from "../openapi.ts";
import { withoutNulls } from "../without-nulls.ts";
import { STATUSES } from "./vocabulary.ts";

const text = z.string();
const whole = z.int();
const maybeText = text.nullable();

/** Lists of ids: those of a vector store, and those of a batch. */
const FILE_IDS_MAX = 500;
const BATCH_MAX = 2_000;
const fileIds = z.array(documentId).max(FILE_IDS_MAX);

export const taskObjectSchema = named(
  z.object({
    id: text,
    status: z.enum(STATUSES),
    progress: z.number().min(0).max(1),
    data: jsonObject.nullable(),
    created_at: whole,
    updated_at: whole,
    failure_reason: maybeText,
  }),
  "Task",
);

function listOf(item: z.ZodType) {
  return z.object({
    object: z.literal("list"),
    data: z.array(item),
    first_id: maybeText,
    last_id: maybeText,
    has_more: z.boolean(),
  });
}
export const taskList = named(listOf(taskObjectSchema), "TaskList");

export const errorBody = named(
  z.object({
    code: whole,
    message: text,
    detail: z.object({ type: text, field: maybeText }),
    error: z.object({ message: text, type: text, param: maybeText, code: text }),
  }),
  "Error",
);

export const fileObject = named(
  z.object({
    id: text,
    object: z.literal("file"),
    bytes: whole,
    created_at: whole,
    filename: text,
    purpose: text,
    task_id: text,
    status: z.enum(["uploaded", "processed", "error"]),
    status_details: maybeText,
    processing_error_message: text.optional(),
    content_type: text,
    md5: maybeText,
    updated_at: whole,
    metadata: jsonObject,
    expires_at: whole.nullable(),
  }),
  "File",
);
export const fileList = named(listOf(fileObject), "FileList");
export const documentObject = named(
  z.looseObject({ id: text, object: z.literal("file"), content: jsonObject.nullable() }),
  "Document",
);
export const pageList = named(
  z.object({
    object: z.literal("list"),
    file_id: text,
    page_count: whole,
    pages: z.array(z.object({ page_number: whole, content: text })),
  }),
  "Pages",
);
export const deletedObject = z.object({ id: text, object: text, deleted: z.literal(true), task_id: text.optional() });

const switches = z.enum(["enable", "disable"]);
/** What is to be done with a file. Names that there are not are taken, and told by the task. */
const parseOptions = z.record(text.max(64), z.unknown()).transform((given, ctx) => {
  const known: readonly string[] = [...ANALYSES, "vectorize", "outline_json_style", "fast_mode"];
  const enabled = new Set<string>();
  const unknown: string[] = [];
  for (const [name, value] of Object.entries(given)) {
    if (!known.includes(name)) unknown.push(name);
    else if (!switches.safeParse(value).success)
      ctx.addIssue({ code: "custom", path: [name], message: "must be enable or disable" });
    else if (value === "enable") enabled.add(name);
  }
  return {
    analyses: ANALYSES.filter((name) => enabled.has(name)),
    vectorize: enabled.has("vectorize"),
    outlineAsJson: enabled.has("outline_json_style"),
    recognize: !enabled.has("fast_mode"),
    unknown: unknown.slice(0, 20),
  };
});

const parsedOptions = text
  .max(SMALL_JSON_LENGTH_MAX)
  .default("{}")
  .transform((given, ctx) => {
    try {
      return jsonOf(given === "" ? "{}" : given);
    } catch {
      ctx.addIssue({ code: "custom", message: "must be a JSON object" });
      return z.NEVER;
    }
  })
  .pipe(parseOptions);

const SECOND_MS = 1_000;
/** Clients in Python write `True`. */
const flag = text
  .toLowerCase()
  .pipe(z.enum(["true", "false", "1", "0", ""], "must be true or false"))
  .transform((given) => given === "true" || given === "1")
  .optional()
  .meta({ wire: { type: "string", enum: ["true", "false"] } });

/** The fields of an upload. Others are passed over. */
export const uploadFields = z.looseObject({
  url: text.max(2_048).optional(),
  name: text.max(1_000).optional(),
  file_type: text.max(127).optional(),
  purpose: z.enum(PURPOSES).default("general"),
  id: ownId.optional(),
  md5: text.regex(/^[0-9a-fA-F]{32}$/, "must be 32 hexadecimal digits").optional(),
  skip_exists: flag,
  parse_options: parsedOptions,
  request_id: text.max(128).optional(),
  expires_after: z
    .object({
      anchor: z.literal("created_at"),
      seconds: text
        .regex(/^\d{1,9}$/, "must be a whole number")
        .transform(Number)
        .pipe(z.int().min(3_600).max(2_592_000)),
    })
    .transform(({ seconds }) => seconds * SECOND_MS)
    .optional(),
});

const annotationText = text.max(10_000).nullable();
const annotationList = z.array(z.json()).max(1_000);
/** What a client may say of a document. */
export const annotations = z
  .object({
    title: annotationText,
    author: annotationText,
    metadata: jsonObject,
    vector_store_ids: z.array(text.max(255)).max(100),
    read_progress: z.number().min(0).max(1).nullable(),
    bookmarks: annotationList,
    highlights: annotationList,
    notes: annotationList,
    related_docs: annotationList,
    is_favorite: z.boolean(),
    owner: annotationText,
    permissions: annotationList,
  })
  .partial();

export const analysisBody = z.object({ parse_options: parseOptions });

const DAY_MS = 86_400_000;
const chunkingStrategy = z
  .union([
    z.object({ type: z.literal("auto") }),
    z.object({
      type: z.literal("static"),
      static: z
        .object({ max_chunk_size_tokens: chunkSize, chunk_overlap_tokens: z.int().min(0) })
        .refine(({ max_chunk_size_tokens: max, chunk_overlap_tokens: overlap }) => overlap <= max * OVERLAP_SHARE_MAX, {
          error: "chunk_overlap_tokens must be at most half of max_chunk_size_tokens",
        }),
    }),
  ])
  .transform((given) =>
    given.type === "auto"
      ? undefined
      : { maxTokens: given.static.max_chunk_size_tokens, overlapTokens: given.static.chunk_overlap_tokens },
  );

/** In milliseconds. */
const expiresAfter = z
  .union([
    z
      .object({ anchor: z.literal("last_active_at"), days: z.int().min(1).max(365) })
      .transform(({ days }) => days * DAY_MS),
    z
      .int()
      .min(1)
      .max(365 * 86_400)
      .transform((given) => given * SECOND_MS),
  ])
  .nullable();

const metadata = storeMetadata.nullable();
const attributes = memberAttributes.nullable().transform((given) => given ?? {});

export const newVectorStore = withoutNulls(
  z.object({
    id: ownId.optional(),
    name: storeName.nullish(),
    description: storeDescription.nullish(),
    file_ids: fileIds.nullish(),
    metadata: metadata.optional(),
    chunking_strategy: chunkingStrategy.optional(),
    expires_after: expiresAfter.optional(),
  }),
  "3.1.0",
);

export const vectorStoreUpdate = z
  .object({
    name: storeName.nullable(),
    description: storeDescription.nullable(),
    metadata,
    expires_after: expiresAfter,
    join_file_ids: fileIds,
    left_file_ids: fileIds,
  })
  .partial();

export const newMember = withoutNulls(
  z.object({
    file_id: documentId,
    attributes: attributes.optional(),
    chunking_strategy: chunkingStrategy.optional(),
  }),
  "3.1.0",
);

export const newBatch = withoutNulls(
  z.object({
    file_ids: z.array(documentId).min(1).max(BATCH_MAX).optional(),
    files: z.array(newMember).min(1).max(BATCH_MAX).optional(),
    attributes: attributes.optional(),
    chunking_strategy: chunkingStrategy.optional(),
  }),
  "3.1.0",
);

export const memberUpdate = z.object({ attributes });

const counts = z.object({ in_progress: whole, completed: whole, failed: whole, cancelled: whole, total: whole });
export const vectorStoreObject = named(
  z.looseObject({
    id: text,
    object: z.literal("vector_store"),
    created_at: whole,
    name: text,
    file_counts: counts,
    task_id: text,
    status: z.enum(["in_progress", "completed", "expired"]),
  }),
  "VectorStore",
);
export const vectorStoreList = named(listOf(vectorStoreObject), "VectorStoreList");
export const memberObject = named(
  z.looseObject({ id: text, object: z.literal("vector_store.file"), vector_store_id: text, status: text }),
  "VectorStoreFile",
);
export const memberList = named(listOf(memberObject), "VectorStoreFileList");
export const batchObject = named(
  z.looseObject({ id: text, object: z.literal("vector_store.files_batch"), file_counts: counts, status: text }),
  "VectorStoreFileBatch",
);
export const summaryObject = named(
  z.looseObject({ object: z.literal("vector_store.summary"), summary: text, model: text, token_count: whole }),
  "VectorStoreSummary",
);
export const searchResults = named(z.looseObject({ object: text }), "SearchResults");
