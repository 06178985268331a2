/** An answer that is heard past its package, against the same one that its package reads, over a real socket. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { askedProviders, events, GATEWAY } from "../../../test/providers/asked.ts";
import { ModelError } from "../model.ts";
import { ChatCompletionsRepair } from "./chat-completions.ts";

const provider = askedProviders();

const said = (delta: unknown, finish_reason: unknown = null) => ({ choices: [{ index: 0, delta, finish_reason }] });
const counted = (usage: unknown) => ({ choices: [], usage });
const HEAD = { id: "a", created: 7, model: "m-1" };

const texts = ["", "Hi. ", "There. ", "<think>", "hm</think>", "\ud83d"].map((content) => said({ content }));
const ends = ["stop", "length", "content_filter", "tool_calls", "weather", "MAX_TOKENS", "", 3].flatMap((reason) => [
  said({}, reason),
  said({ role: "assistant", content: "" }, reason),
  said(null, reason),
]);
const counts = [
  { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8 },
  { prompt_tokens: 3, completion_tokens: 5, prompt_tokens_details: { cached_tokens: 2, audio_tokens: 0 } },
  { prompt_tokens: 9, completion_tokens: 5, completion_tokens_details: { reasoning_tokens: 7 }, cost: { of: ["x"] } },
  { prompt_tokens: null, completion_tokens: 5, prompt_tokens_details: null },
  { prompt_tokens: 3, completion_tokens_details: { accepted_prediction_tokens: 1, rejected_prediction_tokens: null } },
  { prompt_tokens: "3", completion_tokens: 5 },
  { prompt_tokens: 3, prompt_tokens_details: { cached_tokens: "two" } },
  { prompt_tokens: 3, completion_tokens_details: [1] },
  { prompt_tokens: 0, completion_tokens: 0 },
  { input_tokens: 3, output_tokens: 5 },
  ...[{}, null, [], 7],
].flatMap((usage) => [counted(usage), { ...said({}, "stop"), usage }]);
const names = [
  HEAD,
  { model: "m-2" },
  { id: "b" },
  { created: 7 },
  { created: 0, model: null },
  { model: "" },
  { id: 5, model: 6 },
].flatMap((head) => [
  { ...head, ...said({ role: "assistant", content: "", refusal: null }) },
  { ...head, ...said({ content: "Hi. " }) },
  { ...head, choices: [] },
]);
/** What a package is to read. */
const others = [
  said({ reasoning_content: "Hm. " }),
  said({ refusal: "No. " }),
  said({ tool_calls: [{ index: 0, id: "c", function: { name: "add", arguments: '{"a":1}' } }] }),
  said({ content: "The end." }, "stop"),
  said({ content: [{ type: "text", text: "Part. " }] }),
  said({ role: "robot", content: "" }),
  said({ annotations: [] }),
  { ...said({ content: "" }), error: null },
  { choices: [said({ content: "One. " }).choices[0], { index: 1, delta: { content: "Two. " } }] },
  { ...said({}), x_groq: { usage: { prompt_tokens: 1, completion_tokens: 2 } } },
  { error: { message: "on fire", code: 503 } },
  ...["{", "7", ": a comment"],
];
const piece = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...texts) },
  { weight: 3, arbitrary: fc.constantFrom(...ends) },
  { weight: 3, arbitrary: fc.constantFrom(...counts) },
  { weight: 3, arbitrary: fc.constantFrom(...names) },
  { weight: 1, arbitrary: fc.constantFrom(...others) },
);
const closing = fc.constantFrom<unknown[][]>(
  [],
  [said({}, "stop")],
  [said({}, "stop"), counts[0]],
  [said({}, "length")],
);

/** All that whoever asks is told of the answer; of a failure why, as text that is heard overtakes what a package finds before it. */
async function told(text: string, then: "break" | undefined, byPackage: boolean): Promise<object> {
  const pieces: string[] = [];
  provider.server.script({ kind: "text", text, ...(then && { then }) });
  const onText = (each: string) => pieces.push(each);
  try {
    const answer = await provider.ask(GATEWAY, { onText, ...(byPackage && { parameters: {} }) });
    const { generation: _, ...rest } = answer;
    return { ...rest, shown: pieces.join("") };
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    const { code, message } = error;
    return { code, message };
  }
}

async function isTheSame(chunks: readonly unknown[], then?: "break"): Promise<void> {
  const text = events(...chunks);
  const [heard, read] = [await told(text, then, false), await told(text, then, true)];
  expect(heard).toEqual(read);
}

it.each([...ends, ...counts, ...names, ...others])("is the same with %j in it", async (chunk) => {
  const rest = [said({ content: "Hi. " }), chunk];
  await isTheSame([...rest, said({}, "stop"), counts[0], "[DONE]"]);
  await isTheSame([...rest, "[DONE]"]);
});

it("is the same as one that its package reads, whatever its server sends", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(piece, { maxLength: 6 }),
      closing,
      fc.boolean(),
      fc.constantFrom("break" as const, undefined),
      (before, last, isDone, then) => isTheSame([...before, ...last, ...(isDone ? ["[DONE]"] : [])], then),
    ),
    { numRuns: 60 },
  );
});

describe("the package", () => {
  const spoken: string[] = [];
  const named: string[] = [];
  const asked = (...chunks: unknown[]) => {
    const heard = { text: (text: string) => spoken.push(text), named: (name: string) => named.push(name) };
    const repair = new ChatCompletionsRepair({ ...heard, ended: () => {} });
    const given = chunks.flatMap((chunk) =>
      repair.mended({ data: typeof chunk === "string" ? chunk : JSON.stringify(chunk) }),
    );
    return { repair, given };
  };
  const begin = { ...HEAD, ...said({ role: "assistant", content: "" }) };

  it("is given nothing of an answer that is nothing but text", () => {
    const end = { ...HEAD, model: "m-2", ...said({}, "length") };
    const { repair, given } = asked(begin, said({ content: "Hi." }), end, counts[0], "[DONE]");
    expect([given, repair.closing(), spoken, named]).toEqual([[], [], ["Hi."], ["m-1"]]);
    expect(repair.plainEnd).toMatchObject({
      finishReason: { unified: "length", raw: "length" },
      usage: { inputTokens: { total: 3 }, outputTokens: { total: 5 }, raw: { total_tokens: 8 } },
    });
  });

  it("is given all that was held once something else comes", () => {
    const chunks = [{ ...HEAD, choices: [] }, counts[0], said({ reasoning_content: "Hm." })];
    const { repair, given } = asked(...chunks, "[DONE]");
    expect(given.slice(0, 3).map(({ data }) => JSON.parse(data))).toEqual(chunks);
    expect([given.at(-1)?.data, repair.plainEnd]).toEqual(["[DONE]", null]);
  });

  it("is given what was held of an answer that does not say that it has ended", () => {
    const begun = { ...HEAD, choices: [] };
    const { repair, given } = asked(begun, said({ content: "Hi." }));
    expect([given, repair.closing(), repair.plainEnd]).toEqual([[], [{ data: JSON.stringify(begun) }], null]);
  });

  it("is given what was held of an answer that says nothing again and again", () => {
    const { repair, given } = asked(begin, said({ content: "Hi." }), ...Array(2_000).fill(said({})), said({}, "stop"));
    expect([given.length, spoken.at(-1), repair.plainEnd]).toEqual([2_002, "Hi.", null]);
  });
});
