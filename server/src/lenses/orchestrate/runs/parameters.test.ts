import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { generationParameters } from "../../../task/agent/generation-parameters.ts";
import { guardrails as ours } from "../../../task/agent/guardrails.ts";
import { guardrailsOf, llmParamsOf, parametersOf, wireGuardrailsOf } from "./parameters.ts";
import { guardrails, textGenerationParameters } from "./schema.ts";

const hundredths = (from: number, to: number) => fc.integer({ min: from * 100, max: to * 100 }).map((n) => n / 100);
const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: null });
const whole = (min: number, max: number) => maybe(fc.integer({ min, max }));
const flag = maybe(fc.boolean());

const wireParameters = fc.record(
  {
    beam_width: whole(0, 3),
    decoding_method: maybe(fc.constantFrom("greedy", "sample")),
    include_stop_sequence: flag,
    length_penalty: maybe(
      fc.record(
        { decay_factor: maybe(hundredths(1.01, 9)), start_index: whole(1, 99), extra: fc.constant([1, { a: null }]) },
        { requiredKeys: [] },
      ),
    ),
    max_new_tokens: whole(0, 99),
    min_new_tokens: whole(0, 99),
    random_seed: whole(1, 4_294_967_295),
    repetition_penalty: maybe(hundredths(1, 2)),
    return_options: maybe(
      fc.record(
        { generated_tokens: flag, input_parameters: flag, token_ranks: flag, top_n_tokens: whole(0, 5), other: flag },
        { requiredKeys: [] },
      ),
    ),
    stop_sequences: maybe(fc.array(fc.string(), { minLength: 1, maxLength: 6 })),
    temperature: maybe(hundredths(0, 2)),
    time_limit: whole(-5, 1e9),
    top_k: whole(1, 100),
    top_p: maybe(hundredths(0, 1)),
    truncate_input_tokens: whole(0, 99),
    typical_p: maybe(hundredths(0.01, 1)),
    unknown_to_us: fc.constant({ deep: [true] }),
  },
  { requiredKeys: [] },
);

const filter = maybe(
  fc.record({ enabled: fc.boolean(), threshold: fc.float({ noNaN: true, noDefaultInfinity: true }) }),
);
const rail = maybe(
  fc.record({ input: filter, output: filter, mask: maybe(fc.record({ remove_entity_value: fc.boolean() })) }),
);

describe("what a run was asked with", () => {
  test("is told again as it was read, whatever it was", () => {
    fc.assert(
      fc.property(wireParameters, (given) => {
        const read = textGenerationParameters.parse(given);
        const asked = parametersOf(read);
        expect(generationParameters.parse(asked)).toEqual(asked);
        expect(JSON.stringify(llmParamsOf(asked))).toBe(JSON.stringify(read));
      }),
    );
  });

  test("and so are its guardrails", () => {
    fc.assert(
      fc.property(fc.record({ hap: rail, social_bias: rail, pii: rail }), (given) => {
        const asked = guardrailsOf(guardrails.parse(given));
        expect(ours.parse(asked)).toEqual(asked);
        expect(wireGuardrailsOf(asked)).toEqual(guardrails.parse(given));
      }),
    );
  });

  test("asks an agent for nothing that nobody has set", () => {
    expect(parametersOf(textGenerationParameters.parse({}))).toEqual({});
    expect(parametersOf(textGenerationParameters.parse({ top_k: "7", temperature: null }))).toEqual({ topK: 7 });
  });

  test("may be more than a number can hold", () => {
    const { max_new_tokens } = llmParamsOf(parametersOf(textGenerationParameters.parse({ max_new_tokens: 1e18 })));
    expect(max_new_tokens).toBe(Number.MAX_SAFE_INTEGER);
  });
});
