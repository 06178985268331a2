/** The words of the wire: statuses, modes and the request's enumerations, each beside the canonical word that it stands for. */
import { AGENT_MODES } from "../../task/agent/agent.ts";
import { STATES, type State } from "../../task/states.ts";

export const STATUSES = ["QUEUED", "RUNNING", "PAUSED", "COMPLETED", "FAILED", "CANCELLED", "TIMEOUT"] as const;
export type Status = (typeof STATUSES)[number];
export type TaskStatus = `TASK_STATUS_${Status}`;

export const STATUS_OF: Readonly<Record<State, Status>> = {
  queued: "QUEUED",
  running: "RUNNING",
  paused: "PAUSED",
  input_required: "RUNNING",
  waiting: "RUNNING",
  completed: "COMPLETED",
  failed: "FAILED",
  cancelled: "CANCELLED",
  timed_out: "TIMEOUT",
  rejected: "FAILED",
};

export function plainStatus(state: State): Status {
  return STATUS_OF[state];
}

export function taskStatus(state: State): TaskStatus {
  return `TASK_STATUS_${STATUS_OF[state]}`;
}

const SPELLINGS: ReadonlyMap<string, Status> = new Map<string, Status>([
  ...STATUSES.map((status) => [status, status] as const),
  ["PENDING", "QUEUED"],
  ["CANCELED", "CANCELLED"],
]);

/** The states that a `status=` filter means, in any letter case, with or without the long prefix; null when it means none. */
export function statesOf(filter: string): State[] | null {
  const status = SPELLINGS.get(filter.toUpperCase().replace(/^TASK_STATUS_/, ""));
  return status === undefined ? null : STATES.filter((state) => STATUS_OF[state] === status);
}

export const MODES = AGENT_MODES;
export type Mode = (typeof MODES)[number];

export const EXECUTION_MODES = ["EXECUTION_MODE_SIMPLE", "EXECUTION_MODE_STANDARD", "EXECUTION_MODE_COMPLEX"] as const;

/** `supervisor` has no long form of its own. */
export const EXECUTION_MODE: Record<Mode, (typeof EXECUTION_MODES)[number]> = {
  simple: "EXECUTION_MODE_SIMPLE",
  standard: "EXECUTION_MODE_STANDARD",
  complex: "EXECUTION_MODE_COMPLEX",
  supervisor: "EXECUTION_MODE_STANDARD",
};

export const RESEARCH_STRATEGIES = ["quick", "standard", "deep", "academic"] as const;

export const PROVIDERS = [
  "openai",
  "anthropic",
  "google",
  "groq",
  "xai",
  "deepseek",
  "qwen",
  "zai",
  "kimi",
  "minimax",
  "ollama",
  "mistral",
  "cohere",
] as const;

/** What a task's id looks like to a client: opaque, but of these characters. */
export const WIRE_ID = /^[A-Za-z0-9:_\-.]{1,128}$/;
