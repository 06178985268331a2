/**
 * The official SDK's own server, in a process of its own: Express, every binding, tasks kept in memory. Its agents do what
 * those of `a2a.config.ts` do, and are told apart by their paths, as there.
 */
import { createServer } from "node:http";
import { AgentCard, type TaskArtifactUpdateEvent, TaskState, type TaskStatusUpdateEvent } from "@a2a-js/sdk";
import {
  AgentEvent,
  type AgentExecutor,
  DefaultRequestHandler,
  InMemoryTaskStore,
  type RequestContext,
} from "@a2a-js/sdk/server";
import { jsonRpcHandler, restHandler, UserBuilder } from "@a2a-js/sdk/server/express";
import express from "express";
import { z } from "zod";

const { port } = z.object({ port: z.int() }).parse(JSON.parse(process.argv[2] ?? ""));

type Of = Pick<RequestContext, "taskId" | "contextId">;

function status({ taskId, contextId }: Of, state: TaskState): TaskStatusUpdateEvent {
  const now = new Date().toISOString();
  return { taskId, contextId, status: { state, message: undefined, timestamp: now }, metadata: undefined };
}

function piece(
  { taskId, contextId }: Of,
  value: string,
  at: { append: boolean; last: boolean },
): TaskArtifactUpdateEvent {
  const none = { metadata: undefined };
  const part = { content: { $case: "text" as const, value }, filename: "", mediaType: "", ...none };
  const artifact = { artifactId: "made", name: "made", description: "", parts: [part], extensions: [], ...none };
  return { taskId, contextId, artifact, append: at.append, lastChunk: at.last, ...none };
}

function makes(pieces: readonly string[]): AgentExecutor {
  return {
    execute: async (asked, bus) => {
      const { taskId, contextId, userMessage } = asked;
      const submitted = status(asked, TaskState.TASK_STATE_SUBMITTED).status;
      const task = { id: taskId, contextId, status: submitted, artifacts: [], history: [userMessage] };
      bus.publish(AgentEvent.task({ ...task, metadata: undefined }));
      bus.publish(AgentEvent.statusUpdate(status(asked, TaskState.TASK_STATE_WORKING)));
      for (const [at, text] of pieces.entries()) {
        const last = at === pieces.length - 1;
        bus.publish(AgentEvent.artifactUpdate(piece(asked, text, { append: at > 0, last })));
      }
      bus.publish(AgentEvent.statusUpdate(status(asked, TaskState.TASK_STATE_COMPLETED)));
      bus.finished();
    },
    cancelTask: async () => {},
  };
}

const app = express();
const AGENTS = { instant: ["Here it is."], hundred: Array.from({ length: 100 }, (_, at) => `piece ${at + 1} `) };
for (const [slug, pieces] of Object.entries(AGENTS)) {
  const url = `http://127.0.0.1:${port}/a2a/${slug}`;
  const card = AgentCard.fromJSON({
    name: slug,
    description: slug,
    version: "1.0.0",
    capabilities: { streaming: true },
    defaultInputModes: ["text/plain"],
    defaultOutputModes: ["text/plain"],
    supportedInterfaces: ["1.0", "0.3"].flatMap((protocolVersion) =>
      ["JSONRPC", "HTTP+JSON"].map((protocolBinding) => ({ url, protocolBinding, protocolVersion })),
    ),
  });
  const requestHandler = new DefaultRequestHandler(card, new InMemoryTaskStore(), makes(pieces));
  const options = { requestHandler, userBuilder: UserBuilder.noAuthentication, legacyCompat: { enabled: true } };
  const rpc = jsonRpcHandler(options);
  const http = restHandler(options);
  // A request of JSON-RPC has no path behind its agent's.
  app.use(`/a2a/${slug}`, (request, response, next) => (request.url === "/" ? rpc : http)(request, response, next));
}
app.get("/", (_, response) => response.end());
createServer(app).listen(port, "127.0.0.1");
