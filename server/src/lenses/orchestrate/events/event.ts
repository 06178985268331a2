/**
 * The log of a task as the events of a run. They follow from the log alone, and so do their ids: a log that is read again,
 * by whomever and whenever, gives the same lines. One reader reads one log, from its beginning.
 *
 * The authoritative answer, `message.created`, comes from the task's completion. A run whose model gave no live text has
 * its answer as one piece of it.
 */
import { outputText } from "../../../task/agent/agent.ts";
import { messageIdInTask, queryIdOf } from "../../../task/conversation.ts";
import { type CustomEvent, type EventReader, readEvent, type TaskEvent } from "../../../task/events/event.ts";
import { isUuid, uuidFromTaskId } from "../../../task/id.ts";
import type { Json, JsonObject } from "../../../task/json/json.ts";
import { jsonText } from "../../../task/json/json-text.ts";
import type { FailedState } from "../../../task/states.ts";
import type { Failure, Task } from "../../../task/task.ts";
import { isParked } from "../../../task/turns.ts";
import { answerOf, noticeOf, questionOf } from "../messages/message.ts";
import type { StepDetails, ThreadMessage } from "../messages/schema.ts";
import { agentNameOf, agentOf, threadOf } from "../runs/asked.ts";
import { runStatusOf, type TimedOut } from "../vocabulary.ts";
import type { RunEvent } from "./schema.ts";

/** An event of the log has room for so many of the wire. */
const WIRE_EVENTS_MAX = 16;
/** Of the steps that a message tells; the events have all. */
const STEPS_MAX = 200;
/** How an agent without a name is called. */
const NAMELESS = "assistant";

type Draft = { event: RunEvent["event"]; data: JsonObject };

const none = (): Draft[] => [];

export class RunEvents {
  /** In any state: only what never changes of it is read, and its end from the log. */
  readonly #task: Task;
  readonly #timedOut: TimedOut;
  readonly #steps: StepDetails[] = [];
  /** The message of the user that is being answered. */
  #parent: string;
  #hasSpoken = false;
  #isElsewhere = false;

  constructor(task: Task, timedOut: TimedOut) {
    this.#task = task;
    this.#timedOut = timedOut;
    this.#parent = queryIdOf(task.id);
  }

  /** What was done on the way to the answer, as far as the log was read. */
  get steps(): readonly StepDetails[] {
    return this.#steps.slice(0, STEPS_MAX);
  }

  /** The message of the user that was last told to the run. */
  get parent(): string {
    return this.#parent;
  }

  /** The next event of the log as those of the wire. */
  read(event: TaskEvent): RunEvent[] {
    const drafts = event.custom ? this.#custom(event) : readEvent(this.#readings, event, event);
    return drafts
      .slice(0, WIRE_EVENTS_MAX)
      .map(({ event: name, data }, k) => ({ id: `${event.at}-${event.seq * WIRE_EVENTS_MAX + k}`, event: name, data }));
  }

  readonly #readings: EventReader<[event: TaskEvent], Draft[]> = {
    "task.submitted": none,
    "task.started": ({ cause }) =>
      cause === "first"
        ? [
            { event: "run.started", data: this.#run() },
            { event: "message.started", data: this.#place() },
          ]
        : [],
    "task.waiting": ({ waits }, event) => (isParked(waits) ? this.#leaves(event) : []),
    "task.input_required": ({ prompt }, event) => {
      const message = questionOf(this.#task, event, prompt, this.#parent);
      return [{ event: "message.interrupt", data: this.#message(message) }];
    },
    "task.input_received": ({ messageId }, { seq }) => {
      this.#parent = isUuid(messageId) ? messageId.toLowerCase() : messageIdInTask(this.#task.id, seq);
      return [{ event: "message.started", data: this.#place() }];
    },
    "task.pausing": none,
    "task.paused": none,
    "task.resumed": none,
    "task.logged": none,
    "task.retrying": ({ error }) => [this.#thought("tryingAgain", `Trying again after: ${failureText(error)}`)],
    "task.progress": ({ fraction, message }) => [
      this.#thought("progress", message || `${Math.round(fraction * 100)} %`),
    ],
    "task.details": none,
    "task.completed": ({ output }, event) => this.#completed(output, event),
    "task.failed": ({ error }) => this.#failed("failed", error),
    "task.rejected": ({ error }) => this.#failed("rejected", error),
    "task.timed_out": ({ error }) => this.#failed("timed_out", error),
    "task.cancelled": () => this.#ended("run.cancelled", this.#run()),
    "step.completed": none,
    "step.retrying": ({ name, error }) => [this.#thought("tryingAgain", `Trying ${name} again: ${failureText(error)}`)],
    "step.failed": ({ name, error }) => [this.#thought("stepFailed", `${name} failed: ${failureText(error)}`)],
    "output.delta": ({ text }) => [this.#piece(text)],
    "output.restarted": () => [this.#thought("startingOver", "The answer begins again.")],
    "artifact.updated": none,
    "usage.recorded": none,
    "agent.started": none,
    "agent.mode_changed": none,
    "agent.thinking": ({ text }) => [this.#thought("thinkingThisThrough", text)],
    "agent.answered": none,
    "agent.completed": none,
    "agent.guarded": none,
    "tool.invoked": ({ callId, tool, params }) => [
      this.#step({
        type: "tool_calls",
        tool_calls: [{ id: callId, name: tool, args: params }],
        agent_display_name: this.#agentName,
      }),
    ],
    "tool.observed": ({ callId, tool, output }) => [
      this.#step({ type: "tool_response", name: tool, tool_call_id: callId, content: asText(output) }),
    ],
    "budget.threshold": none,
    "human.acted": none,
    "human.overdue": none,
    "human.commented": none,
    "human.attached": none,
    "human.detached": none,
  };

  get #agentName(): string {
    return agentNameOf(this.#task) ?? NAMELESS;
  }

  #place(): { thread_id: string; run_id: string } {
    return { thread_id: threadOf(this.#task), run_id: uuidFromTaskId(this.#task.id) };
  }

  #run(): JsonObject {
    const { thread_id, run_id } = this.#place();
    return { run_id, agent_id: agentOf(this.#task), thread_id };
  }

  #message(message: ThreadMessage): JsonObject {
    const { thread_id, run_id } = this.#place();
    return { thread_id, message_id: message.id, agent_id: agentOf(this.#task), run_id, message };
  }

  #thought(key: string, text: string): Draft {
    const name = this.#agentName;
    const data = { ...this.#place(), agent_display_name: name, current_agent: name, message: { key, text } };
    return { event: "run.step.intermediate", data };
  }

  #step(step: StepDetails): Draft {
    if (this.#steps.length < STEPS_MAX) this.#steps.push(step);
    return {
      event: "run.step.delta",
      data: { ...this.#place(), delta: { role: "assistant", step_details: [step] } },
    };
  }

  #piece(text: string): Draft {
    this.#hasSpoken = true;
    const content = [{ id: "1", response_type: "text", text }];
    return { event: "message.delta", data: { ...this.#place(), delta: { role: "assistant", content } } };
  }

  /** Whoever hears it watches the thread from then on, where the notice stands once. */
  #leaves(event: TaskEvent): Draft[] {
    const notice = this.#isElsewhere ? null : noticeOf(this.#task, event, this.#parent);
    this.#isElsewhere = true;
    return [
      ...(notice ? [{ event: "message.created" as const, data: this.#message(notice) }] : []),
      { event: "flow.slot.listen", data: this.#place() },
    ];
  }

  #completed(output: Json, event: TaskEvent): Draft[] {
    const ended: Task = { ...this.#task, state: "completed", output, endedAt: event.at };
    const answer = answerOf(ended, this.#steps, this.#parent);
    const text = outputText(output);
    return [
      ...(this.#hasSpoken ? [] : [this.#piece(text)]),
      ...(answer ? [{ event: "message.created" as const, data: this.#message(answer) }] : []),
      { event: "message.completed", data: this.#place() },
      ...this.#ended("run.completed", this.#over()),
    ];
  }

  #failed(state: FailedState, error: Failure): Draft[] {
    const isOverTime = runStatusOf({ ...this.#task, state, error }, this.#timedOut) === "expired";
    if (isOverTime) return this.#ended("run.expired", this.#run());
    return this.#ended("run.failed", { ...this.#run(), error: failureText(error) });
  }

  #ended(event: RunEvent["event"], data: JsonObject): Draft[] {
    return [
      { event, data },
      { event: "done", data: this.#over() },
    ];
  }

  #over(): JsonObject {
    const { run_id, thread_id } = this.#place();
    return { run_id, agent_id: agentOf(this.#task), context: {}, thread_id };
  }

  /** An event of a kind of the user's own. */
  #custom({ type, data }: CustomEvent): Draft[] {
    const said = [data["message"], data["text"]].find((value) => typeof value === "string" && value !== "");
    const key = type.replaceAll(/[._]+([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
    return [this.#thought(key, asText(said ?? type))];
  }
}

/** No more of this run comes on a stream: it has ended, or goes on where its thread tells of it. */
export function endsStream({ event }: RunEvent): boolean {
  return event === "done" || event === "flow.slot.listen";
}

function failureText({ code, message }: Failure): string {
  return message || code || "The run failed.";
}

function asText(value: Json): string {
  return typeof value === "string" ? value : jsonText(value);
}
