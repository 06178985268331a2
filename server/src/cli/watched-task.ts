/** What a person who watches a task wants to see of it, gathered from its events one by one. Knows no screen. */
import {
  type Event,
  type EventData,
  type EventType,
  isKnownEvent,
  isTerminal,
  type Json,
  STATES,
  type State,
  type Task,
} from "@waybill/sdk";
import { eventSummary } from "@waybill/sdk/display";

export type ToolCall = { name: string; params: string; state: "running" | "done" | "failed"; ms: number | null };

/** Of the live text, this much of the end is kept. */
const TEXT_CHARS_MAX = 20_000;
const TOOL_CALLS_MAX = 50;

/** The events by which a task comes into each state. */
const ENTERED_BY: Readonly<Record<State, readonly EventType[]>> = {
  queued: ["task.submitted"],
  running: ["task.started"],
  waiting: ["task.waiting", "task.retrying", "task.resumed", "task.input_received"],
  input_required: ["task.input_required"],
  paused: ["task.paused"],
  completed: ["task.completed"],
  failed: ["task.failed"],
  cancelled: ["task.cancelled"],
  timed_out: ["task.timed_out"],
  rejected: ["task.rejected"],
};
const stateAfter: ReadonlyMap<string, State> = new Map(
  STATES.flatMap((state) => ENTERED_BY[state].map((type) => [type, state] as const)),
);

export class WatchedTask {
  readonly id: string;
  readonly title: string;
  readonly kind: string;
  readonly createdAt: number;
  state: State = "queued";
  progress = 0;
  /** What it is doing, in a line. */
  status = "";
  /** What has been written of the answer so far. */
  text = "";
  tools: ToolCall[] = [];
  inputTokens = 0;
  /** Of some of its calls the provider stated no counts: ours stand in their place. */
  isEstimated = false;
  outputTokens = 0;
  costUsd = 0;
  output: Json = null;
  error = "";
  endedAt: number | null = null;

  /** Where in `text` the step that writes now began: that much is void when it begins again. */
  #stepFrom = 0;
  /** What people are asked, by name, the oldest first. */
  readonly #questions = new Map<string, { text: string; asks: string }>();
  readonly #calls = new Map<string, ToolCall>();

  constructor(task: Pick<Task, "id" | "title" | "kind" | "created_at">) {
    this.id = task.id;
    this.title = task.title;
    this.kind = task.kind;
    this.createdAt = Date.parse(task.created_at);
  }

  /** What a person is asked, while that is so: the oldest question, beside whatever else runs. */
  get question(): { text: string; asks: string } | null {
    return this.#questions.values().next().value ?? null;
  }

  apply(event: Event): void {
    const next = stateAfter.get(event.type);
    if (next !== undefined) this.state = next;
    if (next !== undefined && isTerminal(next)) this.#questions.clear();
    if (!isKnownEvent(event)) return;
    const { type, data } = event;
    switch (type) {
      case "task.input_required":
        this.#questions.set(data.prompt.name, { text: data.prompt.text, asks: data.prompt.asks });
        return;
      case "task.input_received":
        if (data.prompt === null) this.#questions.clear();
        else this.#questions.delete(data.prompt);
        return;
      case "task.progress":
        this.progress = Math.max(this.progress, data.fraction);
        this.status = data.message || this.status;
        return;
      case "task.waiting":
        this.#rests(data.waits);
        this.status = `task waiting ${eventSummary(event)}`.trim();
        return;
      case "task.retrying":
      case "task.pausing":
      case "step.retrying":
        this.status = `${type.split(".").join(" ")} ${eventSummary(event)}`.trim();
        return;
      case "agent.thinking":
        this.status = data.text || this.status;
        return;
      case "output.delta":
        this.#write(data.text);
        return;
      case "output.restarted":
        this.text = this.text.slice(0, this.#stepFrom);
        return;
      case "step.completed":
        this.#stepFrom = this.text.length;
        return;
      case "tool.invoked":
        this.#invoked(data);
        return;
      case "tool.observed":
        this.#observed(data);
        return;
      case "usage.recorded":
        this.inputTokens += data.call.input_tokens;
        this.isEstimated ||= data.call.estimated;
        this.outputTokens += data.call.output_tokens;
        this.costUsd += data.call.cost_usd ?? 0;
        return;
      case "task.completed":
        this.progress = 1;
        this.output = data.output;
        this.endedAt = Date.parse(event.at);
        return;
      case "task.failed":
      case "task.cancelled":
      case "task.timed_out":
      case "task.rejected":
        this.error = eventSummary(event);
        this.endedAt = Date.parse(event.at);
    }
  }

  /** At rest it says all that it still asks. */
  #rests(waits: EventData["task.waiting"]["waits"]): void {
    this.#questions.clear();
    for (const { prompt } of waits)
      if (prompt) this.#questions.set(prompt.name, { text: prompt.text, asks: prompt.asks });
    if (this.question !== null) this.state = "input_required";
  }

  #write(text: string): void {
    const all = this.text + text;
    const cut = Math.max(0, all.length - TEXT_CHARS_MAX);
    this.text = all.slice(cut);
    this.#stepFrom = Math.max(0, this.#stepFrom - cut);
  }

  #invoked({ tool, call_id, params }: EventData["tool.invoked"]): void {
    const call: ToolCall = {
      name: tool,
      params: params === null ? "" : JSON.stringify(params),
      state: "running",
      ms: null,
    };
    this.#calls.set(call_id, call);
    this.tools = [...this.tools, call].slice(-TOOL_CALLS_MAX);
  }

  #observed({ call_id, success, duration_ms }: EventData["tool.observed"]): void {
    const call = this.#calls.get(call_id);
    if (call === undefined) return;
    call.state = success ? "done" : "failed";
    call.ms = duration_ms;
    this.#calls.delete(call_id);
  }
}
