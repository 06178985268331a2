/** How the server is, in the words of this wire, and what this dialect does not speak. */
import { z } from "zod";
import { Refusal } from "../../task/errors.ts";
import { anyQuery, openRoute, type Route, route } from "../route.ts";
import { notImplemented } from "./errors.ts";

const MB = 1 << 20;

const word = z.string();
const health = z.object({ status: word, timestamp: z.int() });
const statusAnswer = z.looseObject({
  status: z.enum(["healthy", "degraded", "unhealthy"]),
  version: word,
  timestamp: z.int(),
  uptime: z.int(),
  services: z.record(word, word),
  metrics: z.record(word, z.number()),
  features: z.record(word, z.boolean()),
});

/** What cannot be counted is told as a part that does not work. */
function unlessForbidden(error: unknown): null {
  if (error instanceof Refusal && error.code === "forbidden") throw error;
  return null;
}

export const serverRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/v1/serverstatus",
    id: "get_server_status",
    scope: "tasks",
    tag: "server",
    summary: "Say how the server is",
    query: anyQuery,
    refuses: ["unauthenticated"],
    answers: [{ status: 200, about: "How it is.", schema: statusAnswer }],
    handle: async ({ principal, verbs, parts }) => {
      const { uptimeS, memoryBytes, cpuPercent, running, queued, languageModel, embedding } = parts.condition();
      const counts = await verbs.vectorStores.counts(principal).catch(unlessForbidden);
      const isFound = embedding ? "available" : "unavailable";
      const isKept = counts === null ? "unavailable" : "available";
      const body = {
        status: counts === null ? "unhealthy" : embedding ? "healthy" : "degraded",
        version: parts.version,
        timestamp: Math.floor(parts.now() / 1_000),
        uptime: uptimeS,
        services: {
          database: isKept,
          vector_store: counts === null ? "unavailable" : isFound,
          llm_service: languageModel ? "available" : "unavailable",
          embedding_service: isFound,
          file_storage: isKept,
          task_queue: "available",
        },
        metrics: {
          active_responses: running,
          queued_tasks: queued,
          total_files_processed: counts?.processed ?? 0,
          total_vector_stores: counts?.vectorStores ?? 0,
          memory_usage_mb: Math.round(memoryBytes / MB),
          cpu_usage_percent: cpuPercent,
        },
        features: {
          response_api: false,
          file_search: embedding,
          web_search: false,
          list_documents: true,
          streaming: false,
          citations: embedding,
        },
      };
      return { status: 200, body };
    },
  }),
  openRoute({
    method: "GET",
    path: "/v1/serverstatus/health",
    id: "get_server_health",
    tag: "server",
    summary: "Say whether the server works",
    query: anyQuery,
    refuses: [],
    answers: [
      { status: 200, about: "It works.", schema: health },
      { status: 503, about: "It does not.", schema: z.looseObject({ issues: z.array(word) }) },
    ],
    handle: async ({ parts }) => {
      const timestamp = Math.floor(parts.now() / 1_000);
      const issues = await parts.issues();
      if (issues.length === 0) return { status: 200, body: { status: "healthy", timestamp } };
      return { status: 503, body: { status: "unhealthy", timestamp, issues } };
    },
  }),
  route({
    method: "POST",
    path: "/v1/responses",
    id: "create_response",
    scope: "tasks",
    tag: "server",
    summary: "Not part of this API here",
    hidden: true,
    query: anyQuery,
    reads: "stream",
    body: z.unknown(),
    refuses: [],
    answers: [{ status: 501, about: "Not here." }],
    handle: async () =>
      notImplemented("Responses are not served here: submit an agent's task by another API of Waybill."),
  }),
];
