/** Knowledge bases as clients send and are sent them. */
import { z } from "zod";
import { named } from "../../openapi.ts";
import { anyFiles, jsonField } from "../form.ts";
import { dict, maybe, param, repeated, text, whole } from "../pydantic.ts";

const MODEL = "KnowledgeBase";

const CHUNK_TOKENS = { ge: 1, le: 4_096 };
const vectorIndex = z.looseObject({
  chunk_size: maybe(whole(CHUNK_TOKENS)),
  chunk_overlap: maybe(whole({ ge: 0, le: CHUNK_TOKENS.le })),
});

const tool = z
  .looseObject({})
  .check((context) => {
    const { index_config: indexes } = context.value;
    if (!Array.isArray(indexes) || indexes.length === 0) return;
    const message = "Value error, this server answers from documents: it has no connections to other indexes";
    const params = { type: "value_error", input: indexes, ctx: { error: {} } };
    context.issues.push({ code: "custom", message, path: ["index_config"], params, input: indexes });
  })
  .meta({ wire: { type: "object", additionalProperties: true } });

const fields = {
  description: maybe(text),
  vector_index: maybe(vectorIndex),
  conversational_search_tool: maybe(z.union([z.uuid(), tool])),
};

/** By the name of a file, where a person finds it. */
const fileUrls = jsonField(z.record(z.string(), text), "FileUrls").optional();

export const newKnowledgeBase = z.object({
  knowledge_base: jsonField(named(z.looseObject({ name: text, ...fields }), "KnowledgeBaseCreate"), MODEL),
  file_urls: fileUrls,
  files: anyFiles,
});
export const knowledgeBaseUpdate = z.object({
  knowledge_base: jsonField(
    named(z.looseObject({ name: maybe(text), ...fields }), "KnowledgeBaseUpdate"),
    MODEL,
  ).optional(),
  file_urls: fileUrls,
  files: anyFiles,
});
export type KnowledgeBaseFields = z.output<typeof knowledgeBaseUpdate>["knowledge_base"];

export const knowledgeBasesQuery = z.object({ names: repeated, ids: repeated, include: param(text, "") });

const time = z.iso.datetime();

export const knowledgeBaseOut = named(
  z.object({
    id: z.string(),
    tenant_id: z.string(),
    name: z.string(),
    description: z.string(),
    vector_index: dict.nullable(),
    conversational_search_tool: z.unknown(),
    prioritize_built_in_index: z.boolean(),
    representation: z.string().nullable(),
    vector_index_id: z.string(),
    created_by: z.string(),
    created_on: time,
    updated_at: time,
  }),
  "KnowledgeBase",
);
export type KnowledgeBaseOut = z.output<typeof knowledgeBaseOut>;

const INDEX_STATUSES = ["ready", "not_ready", "rebuilding", "error"] as const;

export const knowledgeBaseStatus = named(
  z.object({
    id: z.string(),
    name: z.string(),
    description: z.string(),
    ready: z.boolean(),
    built_in_index_status: z.enum(INDEX_STATUSES),
    built_in_index_status_msg: z.string(),
    documents: z.array(
      z.object({
        id: z.string(),
        status: z.enum(["in_progress", "completed", "failed", "cancelled"]),
        error: z.string().nullable(),
        metadata: z.object({ original_file_name: z.string(), url: z.string().nullable() }),
      }),
    ),
    created_on: time,
    updated_at: time,
  }),
  "KnowledgeBaseStatus",
);
export type KnowledgeBaseStatus = z.output<typeof knowledgeBaseStatus>;

export const ingestion = named(
  z.object({
    /** Its id. */
    knowledge_base: z.string(),
    /** Of the background task that reads and embeds the files. */
    task_id: z.string().nullable(),
    documents: z.array(z.object({ id: z.string(), file_name: z.string() })),
  }),
  "KnowledgeBaseIngestion",
);
