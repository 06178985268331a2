/**
 * Tools that an agent's model may call. A tool is defined with the schema of its input; after `defineTool` the schema's type is inside
 * the closure, and all tools have one type. Tools know nothing of journals, turns or models.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import { z } from "zod";
import type { Citation } from "../../task/agent/agent.ts";
import type { Fetch } from "../../task/agent/agent-reach.ts";
import type { Context } from "../../task/handler.ts";
import { foundWrong } from "../../task/json/found-wrong.ts";
import { type Json, type JsonObject, jsonObject } from "../../task/json/json.ts";
import { isLongJson, jsonPieces } from "../../task/json/json-pieces.ts";
import type { Log } from "../../task/text/log-line.ts";
import type { CountedCall } from "../../task/usage.ts";
import { excerpt } from "./excerpt.ts";

export type ToolContext = {
  /** Fires at cancel, deadline, the tool's time limit and shutdown. */
  readonly signal: AbortSignal;
  /** The task that makes the call. */
  readonly task: Context["task"];
  /** The same over retries and crashes: pass it to outside services as an idempotency key. */
  readonly key: string;
  /** For the operator: in the server's log at once, and in the task's. */
  readonly log: Log;
  /**
   * As the global one, within the agent's reach: each connection and each redirect is checked, and a refusal is an error with the
   * reason. Ends with `signal`.
   */
  readonly fetch: Fetch;
  /** Names the source of the result; the task's output cites it. */
  cite(citation: Citation): void;
  /** Adds the cost of a model call to the task and its budgets, each time it is called. */
  usage(call: CountedCall): void;
};

/** A result for the model in the tool's own words: no fault of its code. */
export class NoAnswer extends Error {}

export type ToolDefinition<Input extends z.ZodType> = {
  /** Letters, digits, `_` and `-`, at most 64: what providers accept. */
  name: string;
  /** Tells the model what the tool does and when to use it. */
  description: string;
  /** A schema of an object, without async checks. The model sees its JSON Schema. */
  input: Input;
  /** Called once its input fits. The model is told of an error as this call's result. */
  run: (input: z.output<Input>, context: ToolContext) => Promise<Json> | Json;
  /** A person must approve every call first. */
  needsApproval?: boolean;
  /** Tries after the first, for errors whose `retryable` is not false. Default 0: the tool may have had its effect. */
  retries?: number;
  /** Default 2 minutes. */
  timeoutMs?: number;
};

/** A call with a checked input: ready to run, or with the reason why not. */
export type PreparedCall =
  | { ok: true; run: (context: ToolContext) => Promise<string> }
  | { ok: false; problem: string };

export type Tool = {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: JsonObject;
  readonly needsApproval: boolean;
  readonly retries: number;
  readonly timeoutMs: number;
  prepare(input: unknown): PreparedCall;
  /**
   * Carries out a prepared call instead of its `run`, as calls of the task itself: a wait for others is no step. `id` is the call's.
   * Rejects with a `StepError` that the model is told as a failure. The asked agent or person may take as long as `within` says, and
   * reach what it says.
   */
  readonly carryOut?: (
    ctx: Context,
    id: string,
    input: Json,
    within: { deadlineMs?: number; reach?: readonly string[] },
  ) => Promise<{ output: string; citations?: Citation[] }>;
};

const TOOL_NAME = /^[a-zA-Z0-9_-]{1,64}$/;

/** A longer result is cut before the model sees it. */
export const RESULT_CHARS_MAX = 20_000;
/** The JSON of a longer result is made in pieces, in turns of the event loop: most of it is cut, and nobody else should wait for it. */
const LONG_CHARS = 1 << 20;
const PROBLEM_CHARS_MAX = 2_000;
const TIMEOUT_MS = 120_000;

/** Makes a tool. Throws for a name that providers refuse and for a schema that is not an object's. */
export function defineTool<Input extends z.ZodType>(definition: ToolDefinition<Input>): Tool {
  const {
    name,
    description,
    input: schema,
    run,
    needsApproval = false,
    retries = 0,
    timeoutMs = TIMEOUT_MS,
  } = definition;
  if (!TOOL_NAME.test(name)) {
    throw new Error(`The tool name ${JSON.stringify(name)} is not 1 to 64 letters, digits, "_" or "-".`);
  }
  const { $schema: _, ...inputSchema } = jsonObject.parse(
    z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }),
  );
  if (inputSchema["type"] !== "object") throw new Error(`The input of the tool ${name} must be a schema of an object.`);
  return {
    name,
    description,
    inputSchema,
    needsApproval,
    retries,
    timeoutMs,
    prepare(input) {
      const checked = foundWrong(schema, input);
      if (!checked.success) return { ok: false, problem: excerpt(z.prettifyError(checked.error), PROBLEM_CHARS_MAX) };
      return { ok: true, run: async (context) => await resultText(await run(checked.data, context)) };
    },
  };
}

async function resultText(result: Json): Promise<string> {
  if (typeof result === "string") return excerpt(result, RESULT_CHARS_MAX);
  // A tool written in JavaScript may return undefined.
  if (!isLongJson(result, LONG_CHARS)) return excerpt(JSON.stringify(result) ?? "Done.", RESULT_CHARS_MAX);
  let text = "";
  let length = 0;
  for (const piece of jsonPieces(result)) {
    if (text.length < RESULT_CHARS_MAX) text += piece;
    length += piece.length;
    await nextTurn();
  }
  return excerpt(text, RESULT_CHARS_MAX, length);
}
