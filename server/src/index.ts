/** The package's public face: what `waybill.config.ts` and own handlers are written with. */
export { type ConfigFile, defineConfig } from "./config-file.ts";
export { type AgentRun, defineAgent } from "./handlers/agent/definition.ts";
export { readApproval } from "./handlers/agent/person.ts";
export { defineTool, type Tool, type ToolContext, type ToolDefinition } from "./handlers/agent/tool.ts";
export type { AgentDefinition, AgentInput } from "./task/agent.ts";
export { type AgentMessage, type ClosingWords, messageAsked, messageTold } from "./task/agent-message.ts";
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
export type { Json, JsonObject } from "./task/json.ts";
export type { Part } from "./task/part.ts";
export { traceHeaders } from "./task/trace.ts";
