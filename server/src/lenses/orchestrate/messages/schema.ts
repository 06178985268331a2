/** Messages as clients send and are sent them, and what was written down while they came about. */
import { z } from "zod";
import { json, jsonObject } from "../../../task/json/json.ts";
import { named } from "../../openapi.ts";
import { dict, maybe, text, textOrDicts, uuid } from "../pydantic.ts";

const time = z.iso.datetime();
const anyJson = json.meta({ wire: {} });
const anyObject = jsonObject.meta({ wire: { type: "object", additionalProperties: true } });
const maybeText = z.string().nullable();

export const createMessage = named(
  z.object({
    role: text,
    /** A text, or a list of items that each say by `response_type` what they are. */
    content: textOrDicts,
    mentions: maybe(z.array(z.object({ type: text, id: uuid, name: text }))),
    document_ids: maybe(z.array(uuid)),
    parent_message_id: maybe(uuid),
    additional_properties: maybe(dict),
    assistant_id: maybe(uuid),
    context: maybe(z.looseObject({ values: maybe(z.array(z.unknown())) })),
    step_history: maybe(z.array(dict)),
    message_state: maybe(dict),
  }),
  "CreateMessage",
);
export type CreateMessage = z.output<typeof createMessage>;

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

export const messageMade = z.object({ message_id: z.uuid() });
export const patchMessage = named(
  createMessage.partial().extend({ role: text.nullable().optional(), content: textOrDicts.nullable().optional() }),
  "UpdateMessage",
);

export const capturedLogs = z.object({
  captured_logs: z.object({
    log_id: z.string(),
    log_count: z.int(),
    logs: z.array(z.object({ timestamp: time, level: z.string(), message: z.string() })),
  }),
});
