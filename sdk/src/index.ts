export type { AgentChangeOptions, AgentFilter } from "./agents.ts";
export type { ErasureSubject } from "./erasures.ts";
export {
  TaskCancelled,
  TaskEnded,
  TaskFailed,
  TaskNeedsInput,
  TaskRejected,
  TaskTimedOut,
  WaybillError,
  type WaybillErrorCode,
} from "./errors.ts";
export { type EventData, type EventReader, type EventType, isKnownEvent, readEvent } from "./event.ts";
export type { EventStreamOptions } from "./event-stream.ts";
export type { AnalysisDraft, FileFilter, UploadOptions } from "./files.ts";
export * from "./generated/api.ts";
export type { WorklistFilter } from "./human.ts";
export type { KeyDraft } from "./keys.ts";
export type { CallOptions } from "./operation.ts";
export { isTerminal, outputText } from "./outcome.ts";
export { type CountedPage, type CountedPages, type Page, Pages } from "./pages.ts";
export { type SseMessage, SseParser } from "./sse.ts";
export {
  type BudgetAmounts,
  type InputOptions,
  type ResultOptions,
  type SteeringOptions,
  TaskHandle,
} from "./task-handle.ts";
export type { TaskFilter } from "./tasks.ts";
export { DEFAULT_BASE_URL } from "./transport.ts";
export type { UsageFilter, UsagePage } from "./usage.ts";
export type {
  AddedFile,
  Attributes,
  SearchOptions,
  VectorStoreDraft,
  VectorStoreFileFilter,
  VectorStoreUpdate,
} from "./vector-stores.ts";
export {
  type AuditOptions,
  type Submission,
  type SubmitOptions,
  Waybill,
  type WaybillOptions,
} from "./waybill.ts";
export type { DeliveriesOptions, RotateOptions } from "./webhooks.ts";
export type { Claim, Holder } from "./work.ts";
