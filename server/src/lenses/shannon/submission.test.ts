import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { agentInput } from "../../task/agent/agent.ts";
import { Refusal } from "../../task/errors.ts";
import { submission } from "../../task/submission.ts";
import { ATTACHMENT_BYTES_MAX } from "./attachments.ts";
import { invalidBody } from "./errors.ts";
import { submitBody } from "./schema.ts";
import { sessionNamed, submissionOf } from "./submission.ts";

const NAMED = { providers: ["local", "house"] };

/** As the route does it. */
function parseSubmit(body: unknown) {
  const parsed = submitBody.safeParse(body);
  if (parsed.success) return parsed.data;
  throw invalidBody(parsed.error);
}

function submit(body: unknown) {
  const made = submission.parse(submissionOf(parseSubmit(body), "s1", NAMED));
  return { ...made, input: agentInput.parse(made.input) };
}

function refusal(body: unknown): string {
  try {
    submit(body);
  } catch (error) {
    if (error instanceof Refusal && error.code === "invalid") return error.message;
    throw error;
  }
  return "accepted";
}

describe("a submit", () => {
  test("becomes a task of kind agent, with strings read as the numbers that they spell", () => {
    const body: unknown = JSON.parse(readFileSync(new URL("./fixtures/submit.json", import.meta.url), "utf8"));
    const made = submit(body);
    expect(made).toMatchObject({
      kind: "agent",
      conversation: { alias: "s1", context: { first_task_mode: "standard", is_research_session: true } },
      metadata: { session_id: "s1" },
      budget: { tokens: 20_000, onSpent: "fail" },
      deadlineMs: 45 * 60_000,
      input: {
        query: "Compare the two reports",
        mode: "standard",
        tier: "medium",
        maxTurns: 5,
        historyMessages: 12,
        instructions: expect.stringMatching(
          /^Work in the role of: analyst\.\n\nResearch this question: .* write a report/,
        ),
        attachments: [
          { file: { bytes: "UHJvZml0IHJvc2Uu" }, name: "q1.txt", mediaType: "text/plain" },
          { file: { url: "https://files.example.com/q2.pdf" }, mediaType: "application/pdf" },
        ],
      },
    });
    expect(made.input.context).toMatchObject({
      customer: { id: 7 },
      research_strategy: "standard",
      attachments: [
        { media_type: "text/plain", filename: "q1.txt", size_bytes: 12 },
        { media_type: "application/pdf", url: "https://files.example.com/q2.pdf" },
      ],
    });
    expect(JSON.stringify(made.input.context)).not.toContain("UHJvZml0");
  });

  test("with nothing but a query has the usual memory and nothing else", () => {
    const { input, budget, deadlineMs } = submit({ query: "hi", unknown: 1, mode: null, context: null });
    expect(input).toEqual({ query: "hi", historyMessages: 50 });
    expect([budget, deadlineMs]).toEqual([undefined, undefined]);
  });

  test("lets fields win over the same keys of the context", () => {
    const context = { model_tier: "small", model_override: "a", provider_override: "local", max_iterations: 2 };
    expect(submit({ query: "q", context }).input).toMatchObject({ tier: "small", model: "a", maxTurns: 2 });
    const body = { query: "q", context, model_tier: "LARGE", model_override: "b", provider_override: "House" };
    expect(submit(body).input).toMatchObject({ tier: "large", model: "b", provider: "house" });
  });

  test("clamps the history window, and knows the preset's", () => {
    const window = (context: object) => submit({ query: "q", context }).input.historyMessages;
    expect(window({ history_window_size: 1 })).toBe(5);
    expect(window({ history_window_size: "900" })).toBe(200);
    expect(window({ use_case_preset: "debugging" })).toBe(75);
    expect(window({ use_case_preset: "debugging", history_window_size: 20 })).toBe(20);
  });

  test("takes a system prompt before a role, and the tightest budget", () => {
    const context = { role: "poet", system_prompt: "Answer in rhyme.", budget_max: 900, token_budget_per_agent: "500" };
    const made = submit({ query: "q", context });
    expect(made.input.instructions).toBe("Answer in rhyme.");
    expect(made.budget).toEqual({ tokens: 500, onSpent: "fail" });
    expect(made.deadlineMs).toBeUndefined();
  });

  test("may be attachments alone", () => {
    const attachments = [{ media_type: "text/plain", data: "aGk=" }];
    expect(submit({ context: { attachments } }).input.query).toBe("[User sent file attachments]");
    expect(refusal({ context: { attachments: [] } })).toBe("Query is required");
  });

  test("that asks for a swarm asks for a supervisor", () => {
    expect(submit({ query: "q", context: { force_swarm: "true" } }).input.mode).toBe("supervisor");
    expect(submit({ query: "q", mode: "simple", context: { force_swarm: true } }).input.mode).toBe("simple");
  });
});

describe("a refused submit", () => {
  const attachment = (...attachments: unknown[]) => ({ query: "q", context: { attachments } });

  test.each([
    [{}, "Query is required"],
    [{ query: "  " }, "Query is required"],
    [{ query: "q", mode: "turbo" }, "Invalid mode (allowed: simple, standard, complex, supervisor)"],
    [{ query: "q", model_tier: "huge" }, "Invalid model_tier (allowed: small, medium, large)"],
    [{ query: "q", context: { model_tier: "huge" } }, "Invalid model_tier (allowed: small, medium, large)"],
    [
      { query: "q", provider_override: "groq" },
      "Invalid provider_override: groq is not configured on this server (configured: local, house)",
    ],
    [
      { query: "q", provider_override: "nobody" },
      "Invalid provider_override: nobody (allowed: openai, anthropic, google, groq, xai, deepseek, qwen, zai, kimi, " +
        "minimax, ollama, mistral, cohere, local, house)",
    ],
    [{ query: "q", research_strategy: "lazy" }, "Invalid research_strategy (allowed: quick, standard, deep, academic)"],
    [{ query: "q", max_iterations: 0 }, "max_iterations out of range (1..50)"],
    [{ query: "q", context: { max_iterations: "51" } }, "max_iterations out of range (1..50)"],
    [{ query: "q", max_concurrent_agents: 21 }, "max_concurrent_agents out of range (1..20)"],
    [
      { query: "q", model_tier: "small", context: { disable_ai: true } },
      "disable_ai=true conflicts with model_tier/model_override",
    ],
    [{ query: "q", skill: "juggling" }, "Unknown skill: juggling"],
    [{ query: "q", context: { attachments: {} } }, "context.attachments must be an array"],
    [attachment("x"), "each attachment must be an object"],
    [attachment({ data: "aGk=" }), "attachment media_type is required for base64 attachments"],
    [attachment({ url: "https://a.example" }), "attachment media_type is required for URL-based attachments"],
    [
      attachment({ media_type: "text/plain", data: "a!b=" }),
      "attachment base64 decode failed: illegal base64 data at input byte 1",
    ],
    [
      attachment({ media_type: "text/plain", data: "aGk" }),
      "attachment base64 decode failed: illegal base64 data at input byte 3",
    ],
    [
      attachment({ media_type: "application/x-msdownload", data: "aGk=" }),
      "rejected attachment type: application/x-msdownload (executables / installers are not accepted)",
    ],
    [{ query: 5 }, "Invalid request body: query must be a string"],
    [{ query: "q", context: [] }, /^Invalid request body: context must be a JSON object/],
    [{ query: "q", max_iterations: "many" }, "Invalid request body: max_iterations must be a whole number"],
    [
      { query: "q", context: { budget_max: "lots" } },
      "Invalid request body: context.budget_max must be a whole number",
    ],
    [[], "Invalid request body: it must be a JSON object"],
    [undefined, "Invalid request body: it must be a JSON object"],
  ])("%j is told why", (body, text) => {
    if (typeof text === "string") expect(refusal(body)).toBe(text);
    else expect(refusal(body)).toMatch(text);
  });

  test("with too many bytes in all its attachments is told how many", () => {
    const half = { media_type: "text/plain", data: "A".repeat(Math.ceil(ATTACHMENT_BYTES_MAX / 2 / 3) * 4 + 4) };
    expect(refusal(attachment(half, half))).toMatch(/^total attachment size \d+ bytes exceeds 26214400 byte limit$/);
  });
});

test("a session's name is any printable text of at most 128 characters", () => {
  const named = (session_id: unknown) => sessionNamed(parseSubmit({ query: "q", session_id }));
  expect(named(undefined)).toBeNull();
  expect(named("")).toBeNull();
  expect(named("Ünal's trip #4")).toBe("Ünal's trip #4");
  expect(named("😀".repeat(128))).toBe("😀".repeat(128));
  for (const long of ["x".repeat(129), "😀".repeat(129)])
    expect(() => named(long)).toThrow("Invalid session_id format");
  expect(() => named("a\nb")).toThrow("Invalid session_id format");
});
