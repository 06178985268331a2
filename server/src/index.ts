/** The package's public face: what `waybill.config.ts` and own handlers are written with, and an engine of one's own. */
import type { Engine, EngineOptions } from "./parts/in-process.ts";

export { type ConfigFile, defineConfig } from "./config-file.ts";
export { type AgentRun, defineAgent } from "./handlers/agent/definition.ts";
export { readApproval } from "./handlers/agent/person.ts";
export { defineTool, type Tool, type ToolContext, type ToolDefinition } from "./handlers/agent/tool.ts";
export type { Engine, EngineOptions, TaskView } from "./parts/in-process.ts";
export type { AgentDefinition, AgentInput } from "./task/agent/agent.ts";
export { type AgentMessage, type ClosingWords, messageAsked, messageTold } from "./task/agent/agent-message.ts";
export {
  type Answer,
  type Context,
  defineHandler,
  type Effects,
  type Handler,
  type Question,
  type StepContext,
  StepError,
  type StepOptions,
  TaskFailure,
} from "./task/handler.ts";
export type { Json, JsonObject } from "./task/json/json.ts";
export type { Part } from "./task/part.ts";
export { traceHeaders } from "./task/trace.ts";

/**
 * Opens a data folder in this process, without a server, and goes on with what is open in it. Rejects when another process
 * owns the folder. Loaded when it is asked for: a configuration needs none of it.
 */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const inProcess = await import("./parts/in-process.ts");
  return await inProcess.openEngine(options);
}
