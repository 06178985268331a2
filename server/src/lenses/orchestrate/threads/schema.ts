/** Threads as clients make and are sent them. */
import { z } from "zod";
import { named } from "../../openapi.ts";
import { pageQuery } from "../page-query.ts";
import { dict, maybe, oneOf, param, text } from "../pydantic.ts";

export const THREAD_STATUSES = ["ready", "async_wait", "async_slot_request", "async_a2a_slot_request"] as const;

const time = z.iso.datetime();
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
