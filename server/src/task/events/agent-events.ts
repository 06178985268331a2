/** Events that an agent's run adds to its task's log. `agent` is the slug of who acts; "" where there is only one. */
import { z } from "zod";
import { AGENT_MODES } from "../agent/agent.ts";
import { guardrailFinding } from "../agent/guardrails.ts";
import { anyJson } from "./fields.ts";

const mode = z.enum(AGENT_MODES);
const agent = z.string();

export const AGENT_EVENTS = {
  "agent.started": z.object({ agent, mode, model: z.string() }),
  "agent.mode_changed": z.object({ asked: mode, ran: mode, reason: z.string() }),
  /** A short status, at most 100 characters. */
  "agent.thinking": z.object({ agent, text: z.string() }),
  /** The text of one model call. `costUsd` is null when the model has no known price. */
  "agent.answered": z.object({
    agent,
    text: z.string(),
    final: z.boolean(),
    model: z.string(),
    provider: z.string(),
    inputTokens: z.number(),
    outputTokens: z.number(),
    costUsd: z.number().nullable(),
    durationMs: z.number(),
  }),
  /** What guardrails found and have acted on; where, and never the words themselves. */
  "agent.guarded": z.object({ agent, findings: z.array(guardrailFinding.omit({ word: true }).strip()) }),
  "agent.completed": z.object({ agent }),
  "tool.invoked": z.object({ agent, callId: z.string(), tool: z.string(), params: anyJson }),
  /** `output` is cut to 2,000 characters. */
  "tool.observed": z.object({
    agent,
    callId: z.string(),
    tool: z.string(),
    success: z.boolean(),
    durationMs: z.number(),
    output: anyJson,
  }),
  /** A budget that is null was not given. */
  "budget.threshold": z.object({
    usagePercent: z.number(),
    thresholdPercent: z.number(),
    tokensUsed: z.number(),
    tokensBudget: z.number().nullable(),
    costUsd: z.number(),
    costBudgetUsd: z.number().nullable(),
    level: z.enum(["warning", "exhausted"]),
    budgetType: z.enum(["tokens", "cost"]),
  }),
};
