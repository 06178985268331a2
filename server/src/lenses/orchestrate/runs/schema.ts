/** Runs as clients begin and are sent them, in the order of the protocol's own document. */
import { z } from "zod";
import { named } from "../../openapi.ts";
import { createMessage } from "../messages/schema.ts";
import { dict, flag, maybe, maybeOr, number, oneOf, param, text, uuidOrBlank, whole } from "../pydantic.ts";
import { RUN_STATUSES } from "../vocabulary.ts";

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
