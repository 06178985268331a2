/** What clients send and are sent of threads and their messages. */
import { z } from "zod";
import { json, jsonObject } from "../../task/json.ts";
import { named } from "../openapi.ts";
import { dict, flag, maybe, oneOf, param, text, textOrDicts } from "./pydantic.ts";
import { createMessage, pageQuery } from "./schema.ts";

export const THREAD_STATUSES = ["ready", "async_wait", "async_slot_request", "async_a2a_slot_request"] as const;

const time = z.iso.datetime();
const anyJson = json.meta({ wire: {} });
const anyObject = jsonObject.meta({ wire: { type: "object", additionalProperties: true } });
const maybeText = z.string().nullable();

export const thread = named(
  z.object({
    id: z.uuid(),
    tenant_id: z.string(),
    status: z.enum(THREAD_STATUSES),
    tenant_name: z.string(),
    title: maybeText,
    assistant_id: maybeText,
    agent_id: maybeText,
    knowledge_base_id: maybeText,
    created_by: z.string(),
    created_by_username: z.string(),
    created_on: time,
    updated_at: time,
    deleted_at: time.nullable(),
    deleted_by: maybeText,
    last_read_at: time.nullable(),
    last_agent_message_at: time.nullable(),
  }),
  "Thread",
);
export type Thread = z.output<typeof thread>;
export const threadList = z.object({ data: z.array(thread), total: z.int(), limit: z.int(), offset: z.int() });

const stepDetails = z.union([
  z.object({
    type: z.literal("tool_calls"),
    tool_calls: z.array(z.object({ id: z.string(), name: z.string(), args: anyJson })),
    agent_display_name: z.string(),
  }),
  z.object({ type: z.literal("tool_response"), name: z.string(), tool_call_id: z.string(), content: z.string() }),
]);
export type StepDetails = z.output<typeof stepDetails>;

export const threadMessage = named(
  z.object({
    id: z.uuid(),
    tenant_id: z.string(),
    created_by: z.string(),
    created_by_username: z.string(),
    created_on: time,
    updated_at: time,
    thread_id: z.uuid(),
    assistant: z.object({ is_default: z.boolean() }),
    parent_message_id: maybeText,
    role: z.enum(["user", "assistant"]),
    /** Each says by `response_type` what it is. */
    content: z.array(anyObject),
    mentions: z.array(anyJson).nullable(),
    document_ids: z.array(anyJson).nullable(),
    additional_properties: anyObject.nullable(),
    context: anyObject.nullable(),
    /** Of the answer of a run: where its log is. */
    log_id: z.string().optional(),
    step_history: z.array(anyObject),
    message_state: anyObject.nullable(),
  }),
  "Message",
);
export type ThreadMessage = z.output<typeof threadMessage>;

const fields = { title: maybe(text), agent_id: maybe(text), assistant_id: maybe(text) };
export const createThread = named(z.object({ ...fields, context: maybe(dict) }), "CreateThread");
export const patchThread = named(
  z.object({
    ...fields,
    knowledge_base_id: maybe(text),
    status: maybe(oneOf(THREAD_STATUSES)),
    updated_at: maybe(text),
  }),
  "UpdateThread",
);
export const threadQuery = z.object({ ...pageQuery({ usual: 50, max: 1_000 }), agent_id: param(text, "") });
export const threadMade = z.object({ thread_id: z.uuid() });
export const messageMade = z.object({ message_id: z.uuid() });
export const patchMessage = named(createMessage.partial(), "UpdateMessage");

export const capturedLogs = z.object({
  captured_logs: z.object({
    log_id: z.string(),
    log_count: z.int(),
    logs: z.array(z.object({ timestamp: time, level: z.string(), message: z.string() })),
  }),
});

export const chatCompletion = named(
  z.object({
    messages: z.array(z.object({ role: text, content: textOrDicts })),
    additional_parameters: maybe(dict),
    context: maybe(dict),
    stream: maybe(flag),
  }),
  "ChatCompletion",
);
export const chatAnswer = named(
  z.object({
    id: z.string(),
    object: z.literal("chat.completion"),
    created: z.int(),
    model: z.string(),
    choices: z.array(
      z.object({
        index: z.int(),
        message: z.object({ role: z.literal("assistant"), content: z.string() }),
        finish_reason: z.literal("stop"),
      }),
    ),
    thread_id: z.uuid(),
  }),
  "ChatCompletionResponse",
);
export type ChatAnswer = z.output<typeof chatAnswer>;

const RUN_EVENTS = [
  "run.started",
  "run.completed",
  "run.failed",
  "run.expired",
  "run.cancelled",
  "run.step.delta",
  "run.step.intermediate",
  "message.created",
  "message.started",
  "message.delta",
  "message.completed",
  "message.interrupt",
  "flow.slot.listen",
  "done",
] as const;

export const runEvent = named(z.object({ id: z.string(), event: z.enum(RUN_EVENTS), data: anyObject }), "RunEvent");
export type RunEvent = z.output<typeof runEvent>;
