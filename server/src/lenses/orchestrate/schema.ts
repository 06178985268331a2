/** What clients send and are sent, in the order of the protocol's own document. */
import { z } from "zod";
import { named } from "../openapi.ts";
import {
  dict,
  flag,
  maybe,
  maybeOr,
  number,
  oneOf,
  param,
  text,
  textOrDicts,
  uuid,
  uuidOrBlank,
  whole,
} from "./pydantic.ts";
import { RUN_STATUSES, TASK_STATUSES } from "./vocabulary.ts";

const HUNDREDTHS = { multipleOf: 0.01 };

export const textGenerationParameters = named(
  z.looseObject({
    beam_width: maybe(whole({ ge: 0, le: 3 })),
    decoding_method: maybe(oneOf(["greedy", "sample"])),
    include_stop_sequence: maybe(flag),
    length_penalty: maybe(
      z.looseObject({ decay_factor: maybe(number({ gt: 1 })), start_index: maybe(whole({ ge: 1 })) }),
    ),
    max_new_tokens: maybe(whole({ ge: 0 })),
    min_new_tokens: maybe(whole({ ge: 0 })),
    random_seed: maybe(whole({ ge: 1, le: 4_294_967_295 })),
    repetition_penalty: maybe(number({ ge: 1, le: 2, ...HUNDREDTHS })),
    return_options: maybe(
      z.looseObject({
        generated_tokens: maybeOr(flag, false),
        input_parameters: maybe(flag),
        input_text: maybeOr(flag, false),
        input_tokens: maybeOr(flag, false),
        token_logprobs: maybeOr(flag, false),
        token_ranks: maybeOr(flag, false),
        top_n_tokens: maybe(whole({ ge: 0, le: 5 })),
      }),
    ),
    stop_sequences: maybe(z.array(text).min(1).max(6)),
    temperature: maybe(number({ ge: 0, le: 2, ...HUNDREDTHS })),
    time_limit: maybe(whole()),
    top_k: maybe(whole({ ge: 1, le: 100 })),
    top_p: maybe(number({ ge: 0, le: 1, ...HUNDREDTHS })),
    truncate_input_tokens: maybe(whole({ ge: 0 })),
    typical_p: maybe(number({ ge: 0.01, le: 1, ...HUNDREDTHS })),
  }),
  "TextGenerationParameters",
);
export type TextGenerationParameters = z.output<typeof textGenerationParameters>;

const guardrailConfig = named(
  z.strictObject({ enabled: flag.prefault(false), threshold: number().prefault(0.5) }),
  "GuardrailConfig",
);
const guardrail = named(
  z.strictObject({
    input: maybe(guardrailConfig),
    output: maybe(guardrailConfig),
    mask: maybe(named(z.strictObject({ remove_entity_value: flag.prefault(false) }), "MaskProperties")),
  }),
  "Guardrail",
);
export const guardrails = named(
  z.strictObject({ hap: maybe(guardrail), social_bias: maybe(guardrail), pii: maybe(guardrail) }),
  "Guardrails",
);
export type WireGuardrails = z.output<typeof guardrails>;

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

export const runOrchestrate = named(
  z.object({
    message: maybe(createMessage),
    thread_id: maybe(uuidOrBlank),
    agent_id: maybe(text),
    environment_id: maybe(text),
    version: maybe(whole()),
    llm_params: maybe(textGenerationParameters),
    guardrails: maybe(guardrails),
    context: maybe(dict),
    context_variables: maybe(dict),
    additional_parameters: maybe(dict),
  }),
  "RunOrchestrate",
);
export type RunOrchestrate = z.output<typeof runOrchestrate>;

export const runQuery = z.object({
  stream: param(flag, false),
  stream_timeout: param(whole({ ge: 0 }), 120_000),
  multiple_content: param(flag, false),
});

export function pageQuery({ usual, max }: { usual: number; max: number }) {
  return {
    limit: param(whole({ ge: 1 }), usual).transform((limit) => Math.min(limit, max)),
    offset: param(whole({ ge: 0 }), 0),
  };
}

const time = z.iso.datetime().nullable();
const anyObject = z.record(z.string(), z.unknown());

export const assistantRunResponse = named(
  z.object({ thread_id: z.uuid(), run_id: z.uuid(), task_id: z.string(), message_id: z.uuid() }),
  "AssistantRunResponse",
);

export const assistantRun = named(
  z.object({
    id: z.uuid(),
    tenant_id: z.string().nullable(),
    assistant_id: z.uuid().nullable(),
    thread_id: z.uuid(),
    status: z.enum(RUN_STATUSES).nullable(),
    created_at: time,
    started_at: time,
    completed_at: time,
    failed_at: time,
    cancelled_at: time,
    llm_params: anyObject.nullable(),
    usage: z.object({ prompt_tokens: z.int(), completion_tokens: z.int(), total_tokens: z.int() }).nullable(),
    last_error: z.string().nullable(),
    result: anyObject.nullable(),
    guardrails: anyObject.nullable(),
    agent_id: z.string().nullable(),
    additional_parameters: anyObject.nullable(),
    trace_id: z.string().nullable(),
  }),
  "AssistantRun",
);
export type AssistantRun = z.output<typeof assistantRun>;

export const runList = z.object({
  total: z.int(),
  limit: z.int(),
  offset: z.int(),
  data: z.array(assistantRun),
});

export const cancelAnswer = named(
  z.object({ run_id: z.uuid(), thread_id: z.uuid(), status: z.enum(RUN_STATUSES) }),
  "AssistantRunCancelResponse",
);

export const backgroundTask = named(
  z.object({
    task_id: z.string(),
    task_name: z.string().nullable(),
    status: z.enum(TASK_STATUSES),
    task_args: anyObject.nullable(),
    result: z.string().nullable(),
  }),
  "BackgroundTaskOut",
);
export type BackgroundTask = z.output<typeof backgroundTask>;

export const createTask = named(z.object({ task_name: text, task_args: maybe(dict) }), "BackgroundTaskCreate");

/** What an operation answers with that has begun a background task. */
export const taskBegun = named(
  z.object({ task_id: z.string(), task_name: z.string(), status: z.enum(TASK_STATUSES), task_obj: z.unknown() }),
  "BackgroundTaskBegun",
);

export const httpValidationError = named(
  z.object({
    detail: z.array(
      z.object({
        type: z.string(),
        loc: z.array(z.union([z.string(), z.int()])),
        msg: z.string(),
        input: z.unknown().optional(),
        ctx: z.unknown().optional(),
      }),
    ),
  }),
  "HTTPValidationError",
);
export const detailAnswer = named(z.object({ detail: z.string() }), "HTTPError");
