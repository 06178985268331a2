/**
 * The writer of one attempt: what it may do to its task, made durable through the transitions. Every write names the
 * attempt, so that a later one fences it.
 */

import { z } from "zod";
import type { Store } from "../../store/store.ts";
import type { Message } from "../../task/conversation.ts";
import { submitted } from "../../task/decide.ts";
import { Refusal } from "../../task/errors.ts";
import type { Handler } from "../../task/handler.ts";
import type { Json } from "../../task/json.ts";
import { newTask, plainSubmission } from "../../task/new-task.ts";
import { type Part, part } from "../../task/part.ts";
import { isTerminal } from "../../task/states.ts";
import type { Failure, Task, Wait } from "../../task/task.ts";
import type { UsageCall } from "../../task/usage.ts";
import { backoffMs } from "../backoff.ts";
import type { Clock } from "../clock.ts";
import type { AttemptPort, AttemptWrite, ChildSubmission } from "../execution/attempt-port.ts";
import { failureOf } from "../execution/failure.ts";
import { BadValue, copyOf, fitting } from "../execution/handed-over.ts";
import { isEmpty } from "../execution/write-buffer.ts";
import type { Ids } from "../ids.ts";
import type { Act, Along, Transitions } from "../transitions.ts";

export type AttemptParts = {
  store: Store;
  transitions: Transitions;
  clock: Clock;
  random: () => number;
  ids: Ids;
  handlers: ReadonlyMap<string, Handler>;
};

export class AttemptWriter implements AttemptPort {
  readonly #parts: AttemptParts;
  readonly #task: Task;
  readonly #handler: Handler;

  constructor(parts: AttemptParts, task: Task, handler: Handler) {
    this.#parts = parts;
    this.#task = task;
    this.#handler = handler;
  }

  get clock(): Clock {
    return this.#parts.clock;
  }

  random(): number {
    return this.#parts.random();
  }

  async commit(write: AttemptWrite): Promise<void> {
    await this.#orBill(
      write,
      this.#parts.transitions.change(this.#task.id, () => this.#recorded(write)),
    );
  }

  async suspend(waits: Wait[], checkpoint: string, write: AttemptWrite): Promise<void> {
    await this.#commitRest(write);
    const { id, attempt } = this.#task;
    await this.#parts.transitions.change(id, { do: "suspend", attempt, waits, checkpoint });
  }

  async complete(output: Json, write: AttemptWrite): Promise<void> {
    const { attempt, conversation } = this.#task;
    const reply = conversation === null ? undefined : replyOf(this.#handler, output);
    const along: Along = reply && reply.length > 0 ? { messages: [{ role: "agent", parts: reply }] } : {};
    await this.#end(write, () => ({ command: { do: "complete", attempt, output }, along }));
  }

  async fail(error: Failure, retryable: boolean, retryAfterMs: number | undefined, write: AttemptWrite): Promise<void> {
    const { clock, random } = this.#parts;
    const { attempt } = this.#task;
    await this.#end(write, (task) => {
      const { attempts, backoffMs: base, backoffMaxMs } = task.retry;
      const again = retryable && task.failures + 1 < attempts;
      const retryAt = again
        ? clock.now() + backoffMs(task.failures + 1, base, backoffMaxMs, random(), retryAfterMs)
        : null;
      return { command: { do: "fail", attempt, error, retryAt } };
    });
  }

  async reject(error: Failure, write: AttemptWrite): Promise<void> {
    const { attempt } = this.#task;
    await this.#end(write, () => ({ command: { do: "reject", attempt, error } }));
  }

  async pause(reason: string, write: AttemptWrite): Promise<void> {
    await this.#commitRest(write);
    await this.#parts.transitions.change(this.#task.id, { do: "pause", by: "waybill", reason });
  }

  async child(wanted: ChildSubmission, write: (child: string) => AttemptWrite): Promise<string> {
    const { kind, input } = wanted;
    const { handlers, clock, ids, transitions } = this.#parts;
    const handler = handlers.get(kind);
    if (!handler) throw new Refusal("invalid", `There is no kind "${kind}" for a child.`);
    const { id, attempt, tenant, user, lens, priority } = this.#task;
    const submission = { ...plainSubmission(kind, input), priority };
    const failed = wanted.retryOf === null ? null : await transitions.find(wanted.retryOf);
    const retryOf = failed?.kind === kind && failed.handlerVersion === handler.version ? failed.id : null;
    const now = clock.now();
    const { task } = newTask(
      { handler, submission, tenant, user, lens, conversation: null, parent: id, retryOf },
      ids.taskId(now),
      now,
    );
    const own = write(task.id);
    await transitions.change(id, () => ({
      command: { do: "record", attempt, record: own.record },
      along: alongOf(own),
      others: [{ ...submitted(task), ...(retryOf !== null && { journalOf: retryOf }) }],
    }));
    return task.id;
  }

  async endOf(child: string): Promise<{ output: Json } | { error: Failure } | null> {
    const task = await this.#parts.transitions.find(child);
    if (!task) return { error: { code: "not_found", message: `The child ${child} was deleted.` } };
    if (!isTerminal(task.state)) return null;
    if (task.state === "completed") return { output: task.output };
    if ("error" in task) return { error: task.error };
    return { error: { code: "child_cancelled", message: `The child ${child} was cancelled.` } };
  }

  async history(limit: number): Promise<Message[]> {
    const { conversation, id } = this.#task;
    if (conversation === null) return [];
    return (await this.#parts.store.messages(conversation, { limit, before: id })).messages;
  }

  async bill(calls: UsageCall[]): Promise<void> {
    await this.#parts.transitions.change(this.#task.id, { do: "bill", calls });
  }

  /** The attempt's end, in one transaction with what it recorded last. */
  async #end(write: AttemptWrite, act: (task: Task) => Act): Promise<void> {
    const { id, attempt } = this.#task;
    const first = isEmpty(write) ? undefined : this.#recorded(write);
    const changed = this.#parts.transitions.change(id, (task) => {
      // Paused in this very moment: what was recorded stands, and the end is reached again after the resume.
      if (task.state === "paused")
        return { ...(first && { first }), command: { do: "suspend", attempt, waits: [], checkpoint: "end" } };
      return { ...(first && { first }), ...act(task) };
    });
    await this.#orBill(write, changed);
  }

  async #commitRest(write: AttemptWrite): Promise<void> {
    if (!isEmpty(write)) await this.commit(write);
  }

  #recorded(write: AttemptWrite): Act {
    const { attempt } = this.#task;
    return { command: { do: "record", attempt, record: write.record }, along: alongOf(write) };
  }

  /** What an attempt paid for counts, also when it has lost its task. */
  async #orBill(write: AttemptWrite, changed: Promise<unknown>): Promise<void> {
    try {
      await changed;
    } catch (error) {
      const { usage } = write.record;
      if (usage && error instanceof Refusal && error.code === "fenced") await this.bill(usage);
      throw error;
    }
  }
}

function alongOf({ journal, artifacts, taken }: AttemptWrite): Along {
  return {
    ...(journal.length > 0 && { journal }),
    ...(artifacts.length > 0 && { artifacts }),
    ...(taken.length > 0 && { taken }),
  };
}

const parts = z.array(part);

function replyOf({ kind, reply }: Handler, output: Json): Part[] | undefined {
  if (!reply) return undefined;
  const what = `The reply of kind "${kind}"`;
  try {
    return fitting(what, parts, reply(copyOf(output)));
  } catch (error) {
    if (error instanceof BadValue) throw error;
    throw new BadValue(`${what} threw: ${failureOf(error).message}`);
  }
}
