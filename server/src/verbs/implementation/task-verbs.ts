/** The verbs of tasks, over any engine and store. */
import { setImmediate as nextTurn } from "node:timers/promises";
import { KeyedMutex } from "../../engine/mutex.ts";
import type { Along, Plan } from "../../engine/transitions.ts";
import type { IdempotencyRecord } from "../../store/write.ts";
import { valueTold } from "../../task/agent/agent-message.ts";
import type { ModelLists } from "../../task/agent/allowed-models.ts";
import { DOCUMENT_KINDS } from "../../task/documents/document.ts";
import { Refusal } from "../../task/errors.ts";
import { type Handler, isEnginesOwn } from "../../task/handler.ts";
import type { TaskId } from "../../task/id.ts";
import { wellFormed } from "../../task/json/json.ts";
import { type NewTask, parsePlain } from "../../task/new-task.ts";
import { keptIn } from "../../task/part.ts";
import { decisionIn } from "../../task/people/decision.ts";
import { HUMAN_KIND } from "../../task/people/human.ts";
import { type OpenQuestion, openQuestions, questionFor } from "../../task/people/questions.ts";
import { mustHave, type Principal } from "../../task/principal.ts";
import { isTerminal } from "../../task/states.ts";
import {
  type Idempotency,
  type InputSubmission,
  type Pausing,
  type Steering,
  type Submission,
  submission as submissionSchema,
} from "../../task/submission.ts";
import type { Subscription } from "../../task/subscription.ts";
import type { Budget, Task } from "../../task/task.ts";
import { didYouMean } from "../../task/text/spelling.ts";
import type { Acknowledged, BudgetAmounts, KeyedSubmission, Tasks } from "../tasks.ts";
import { ownModels } from "./allowed-models.ts";
import { givenBefore, givenBy, mustFillForm, mustHaveForm } from "./answer-check.ts";
import { checked } from "./checked.ts";
import { idempotencyRecord, mustBeSameRequest } from "./idempotency.ts";
import { actorOf, mustBeAsked, mustBeSameInput, mustBeYetToCome, mustHaveRoom } from "./input-checks.ts";
import { type NamedConversation, namedConversation } from "./named-conversation.ts";
import { shareOf } from "./share-of.ts";
import { submitTask } from "./submit-task.ts";
import { joining, newSubscriptions } from "./subscription-verbs.ts";
import { isRefusal, TaskSteering } from "./task-steering.ts";

/** Their inputs name documents and vector stores by keys, which callers may not give. */
const BEGUN_OTHERWISE: ReadonlySet<string> = new Set(DOCUMENT_KINDS);

/** For one tenant: one is written while the next one is read. */
const BATCHES_AT_ONCE = 2;
/** Submits of a batch in one turn of the event loop: more would hold up others for tens of milliseconds. */
const SUBMITS_A_TURN = 64;

export class TaskVerbs extends TaskSteering implements Tasks {
  /** Two submits that name the same new conversation make one. */
  readonly #conversations = new KeyedMutex();
  /** Batches of a tenant that wait for earlier ones, so that others come in between. */
  readonly #batches = new KeyedMutex();
  #batchesSeen = 0;

  async submit(
    principal: Principal,
    lens: string,
    wanted: Submission,
    idempotency?: Idempotency,
    uploads: readonly string[] = [],
  ): Promise<Acknowledged> {
    mustHave(principal, "tasks");
    const given = parsePlain(wanted) ?? checked(submissionSchema, wanted);
    mustHaveCome(keptIn(given.input), uploads);
    mustHaveCome(keptIn(given.message?.parts), uploads);
    const handler = this.parts.engine.handlers.get(given.kind);
    if (!handler || isEnginesOwn(given.kind)) throw unknownKind(given.kind, this.parts.engine.handlers);
    if (BEGUN_OTHERWISE.has(given.kind)) throw begunOtherwise(given.kind);
    if (given.kind === HUMAN_KIND) await mustHaveForm(given, principal.tenant);
    if (given.multitaskStrategy !== undefined && given.conversation === undefined) throw inNoConversation();
    const record = idempotency && idempotencyRecord(principal, lens, idempotency, this.parts.clock.now());
    // A repeat is recognised by its key, even when things named by its input are gone.
    const known = handler.bind && record && (await this.parts.store.replay(record.scope, record.key));
    if (known) {
      mustBeSameRequest(idempotency, known.hash);
      return { task: await this.get(principal, known.task), replayed: true };
    }
    const submission = handler.bind ? { ...given, input: await handler.bind(given.input, principal) } : given;
    const { subscriptions: wantedToo = [] } = submission;
    const subscriptions = wantedToo.length > 0 ? await newSubscriptions(this.parts, principal, wantedToo) : null;
    const along: Along = subscriptions ? { subscriptions } : {};
    const { conversation } = submission;
    const { tenant, user, tier, trace = null } = principal;
    const models = this.#models(principal);
    const owned = { lens, tenant, user, tier, conversation: null, parent: null, retryOf: null, trace, models };
    const fresh = { handler, submission, ...owned };
    return conversation === undefined
      ? await this.#submit(principal, fresh, undefined, record, along)
      : await this.#submitIn(conversation, principal, fresh, record, along);
  }

  async submitAll(
    principal: Principal,
    lens: string,
    submissions: readonly KeyedSubmission[],
  ): Promise<PromiseSettledResult<Acknowledged>[]> {
    mustHave(principal, "tasks");
    const place = this.#batchesSeen++ % BATCHES_AT_ONCE;
    return this.#batches.run(`${principal.tenant}\n${place}`, async () => {
      const pieces: Promise<PromiseSettledResult<Acknowledged>[]>[] = [];
      for (let at = 0; at < submissions.length; at += SUBMITS_A_TURN) {
        if (at > 0) await nextTurn();
        const some = submissions.slice(at, at + SUBMITS_A_TURN);
        pieces.push(
          Promise.allSettled(some.map((each) => this.submit(principal, lens, each.submission, each.idempotency))),
        );
      }
      return (await Promise.all(pieces)).flat();
    });
  }

  /** In a conversation of the caller's, created with the task if it is new. */
  async #submitIn(
    conversation: NonNullable<Submission["conversation"]>,
    principal: Principal,
    fresh: NewTask,
    record: IdempotencyRecord | undefined,
    along: Along,
  ): Promise<Acknowledged> {
    const inIt = async () => {
      const { id, created } = await namedConversation(this.parts, principal, fresh.lens, conversation);
      return this.#submit(principal, { ...fresh, conversation: id }, created, record, along);
    };
    if ("new" in conversation) return inIt();
    const { tenant, user, lens } = fresh;
    const name = "id" in conversation ? conversation.id : conversation.alias;
    return this.#conversations.run(`${tenant}\n${user}\n${lens}\n${name}`, inIt);
  }

  async cancel(principal: Principal, id: string, steering: Steering = {}): Promise<Acknowledged> {
    await this.steerable(principal, id);
    const command = { do: "cancel", by: principal.user, reason: reasonOf(steering) } as const;
    return this.steer(principal, id, steering, () =>
      this.parts.engine.transitions.cancel(id, command, this.along(principal, "cancel", id, steering)),
    );
  }

  async pause(principal: Principal, id: string, steering: Pausing = {}): Promise<Acknowledged> {
    const { now = false } = steering;
    await this.steerable(principal, id);
    return this.steer(principal, id, steering, () =>
      this.parts.engine.transitions.change(id, () => ({
        command: {
          do: "pause",
          by: principal.user,
          reason: reasonOf(steering),
          running: this.parts.engine.scheduling.running(id),
          ...(now && { now }),
        },
        along: this.along(principal, "pause", id, steering),
      })),
    );
  }

  async resume(principal: Principal, id: string, steering: Steering = {}): Promise<Acknowledged> {
    await this.steerable(principal, id);
    return this.steer(principal, id, steering, () =>
      this.parts.engine.transitions.change(id, () => ({
        command: { do: "resume", by: principal.user, reason: reasonOf(steering) },
        along: this.along(principal, "resume", id, steering),
      })),
    );
  }

  async setBudget(
    principal: Principal,
    id: string,
    amounts: BudgetAmounts,
    steering: Steering = {},
  ): Promise<Acknowledged> {
    await this.steerable(principal, id);
    return this.steer(principal, id, steering, () =>
      this.parts.engine.transitions.change(id, ({ budget }) => {
        // A budget given now would not bind its children.
        if (budget === null) throw new Refusal("conflict", "This task has no budget that could be changed.");
        return {
          command: {
            ...{ do: "set_budget", by: principal.user, reason: reasonOf(steering) },
            budget: budgetWith(budget, amounts),
          },
          along: this.along(principal, "set_budget", id, steering),
        };
      }),
    );
  }

  async input(
    principal: Principal,
    id: string,
    given: InputSubmission,
    steering: Steering = {},
    uploads: readonly string[] = [],
  ): Promise<Acknowledged> {
    await this.get(principal, id);
    mustHaveCome(keptIn(given.value), uploads);
    const input = wellFormed(given);
    const told = await newSubscriptions(this.parts, principal, given.subscriptions ?? []);
    return this.steer(principal, id, steering, async () => {
      try {
        const done = await this.#input(principal, id, input, steering, told);
        if (!done.replayed || done.hash !== null) return done;
      } catch (error) {
        if (input.messageId === undefined || !isRefusal(error, "not_allowed_in_state")) throw error;
        if (!(await this.parts.store.received(id, input.messageId))) throw error;
      }
      // A repeat is recognised by its message id, even when its question is closed or its task has ended.
      mustBeSameInput(await this.parts.store.received(id, input.messageId ?? ""), input);
      return { task: await this.get(principal, id), replayed: true, hash: null };
    });
  }

  #input(principal: Principal, id: TaskId, input: InputSubmission, steering: Steering, told: readonly Subscription[]) {
    const { clock, ids, engine } = this.parts;
    const at = clock.now();
    const { messageId = ids.uuid(at), prompt = null, except } = input;
    return engine.transitions.change(id, (task) => {
      const asked = questionFor(task, prompt, except);
      return this.#inputPlan(principal, task, { ...input, messageId, prompt, at, asked, told }, steering);
    });
  }

  async #inputPlan(principal: Principal, task: Task, input: Said, steering: Steering): Promise<Plan> {
    const { store } = this.parts;
    const { messageId, prompt, except, value, alias, at, asked, told } = input;
    const { tenant, user: by } = principal;
    const question = asked?.key ?? null;
    if (question === null && prompt !== null) await mustBeYetToCome(task, prompt, store);
    if (question === null) await mustHaveRoom(task.id, value, store);
    const subscriptions = await joining(this.parts, principal, task, told);
    // An input for a child is not for the task's own code.
    const inbox = { messageId, prompt, question, value, by, at, ...(asked?.relayed && { taken: true as const }) };
    const acts = [principal, "input", task.id, steering] as const;
    const along: Along = {
      ...(question === null ? this.along(...acts) : this.alongAlways(...acts)),
      inbox,
      ...(subscriptions.length > 0 && { subscriptions }),
      ...(alias && { aliases: [{ tenant, owner: by, ...alias, numbered: false }] }),
    };
    if (asked?.relayed) return { ...(await this.#relayedPlan(principal, task, input, asked)), along };
    mustBeAsked(principal, task, asked);
    if (asked && task.kind === HUMAN_KIND && task.assignment) {
      const decision = decisionIn(task.assignment, valueTold(value));
      await mustFillForm(task, decision.act, "value.payload");
      return { command: { do: "act", by: actorOf(principal), messageId, ...decision }, along };
    }
    const given = asked ? await givenBy(asked.prompt, input, task.tenant) : givenBefore(input);
    return {
      command: { do: "input", by, messageId, prompt: asked?.prompt.name ?? prompt, except },
      along: { ...along, inbox: { ...inbox, ...given } },
    };
  }

  /** An answer to a question that the task asks for a child: the child gets it, in the commit that closes the task's question. */
  async #relayedPlan(principal: Principal, task: Task, input: Said, asked: OpenQuestion): Promise<Plan> {
    const { transitions } = this.parts.engine;
    const { child: id = "", key } = asked.relayed ?? {};
    const child = await transitions.find(id);
    const question = child && openQuestions(child).find((each) => each.key === key);
    if (!child || !question)
      throw new Refusal("not_allowed_in_state", `The question "${asked.prompt.name}" is not open any more.`, {
        state: task.state,
      });
    const { alias: _, ...said } = input;
    const below = { ...said, prompt: question.prompt.name, asked: question, told: [] };
    const { task: answered, writes } = transitions.planned(child, await this.#inputPlan(principal, child, below, {}));
    const by = { by: principal.user, messageId: input.messageId, prompt: asked.prompt.name };
    return {
      command: { do: "relay", child: id, questions: openQuestions(answered), answered: by },
      others: writes,
    };
  }

  async retry(principal: Principal, id: string, options: { reuseJournal: boolean } & Steering): Promise<Acknowledged> {
    let task = await this.steerable(principal, id);
    // It stands still until somebody decides: a retry gives it up.
    if (task.waits.some((wait) => wait.on === "handler"))
      ({ task } = await this.cancel(principal, id, { reason: "It stood still, and is tried anew." }));
    if (!isTerminal(task.state)) {
      throw new Refusal(
        "not_allowed_in_state",
        `A task that is ${task.state} cannot be tried again: it has not ended.`,
        { state: task.state },
      );
    }
    const newest = this.parts.engine.handlers.get(task.kind);
    if (!newest || isEnginesOwn(task.kind)) throw unknownKind(task.kind, this.parts.engine.handlers);
    // A retry from a journal runs the version of the code that wrote it.
    const { handlerVersion } = options.reuseJournal ? task : { handlerVersion: newest.version };
    const handler = this.parts.engine.handlers.of({ kind: task.kind, handlerVersion }) ?? newest;
    const deadlineMs =
      task.deadlineAt === null || task.timeLimitMs !== null ? undefined : task.deadlineAt - task.createdAt;
    const submission = checked(submissionSchema, {
      kind: task.kind,
      input: task.input,
      priority: task.priority,
      retry: task.retry,
      metadata: task.metadata,
      ...(task.concurrency && { concurrency: task.concurrency }),
      ...(task.conversation !== null && { multitaskStrategy: task.multitaskStrategy ?? ("concurrent" as const) }),
      ...(task.budget && { budget: task.budget }),
      ...(deadlineMs !== undefined && { deadlineMs }),
    });
    const { lens, tenant, user, conversation } = task;
    const details = options.reuseJournal ? task.details : {};
    const fresh: NewTask = {
      handler,
      handlerVersion,
      submission,
      lens,
      tenant,
      user,
      conversation,
      parent: null,
      retryOf: id,
      reason: reasonOf(options),
      trace: principal.trace ?? null,
      models: [...task.models, ...this.#models(principal)],
      tier: task.tier ?? undefined,
      details,
    };
    const along = { ...this.along(principal, "retry", id, options), ...(options.reuseJournal && { journalOf: id }) };
    return this.#submit(principal, fresh, undefined, along.idempotency, along);
  }

  async delete(principal: Principal, id: string, steering: Steering = {}): Promise<void> {
    await this.steerable(principal, id);
    await this.parts.engine.transitions.change(id, () => ({
      command: { do: "delete" },
      along: this.along(principal, "delete", id, steering),
    }));
  }

  #models(principal: Principal): ModelLists {
    return (this.parts.allowedModels ?? ownModels)(principal);
  }

  async #submit(
    principal: Principal,
    fresh: NewTask,
    conversation: NamedConversation["created"],
    idempotency: IdempotencyRecord | undefined,
    along: Along = {},
  ): Promise<Acknowledged> {
    const whole: Along = {
      ...along,
      ...shareOf(this.parts.heldBounds, principal, this.parts.clock.now()),
      ...(idempotency && { idempotency }),
      ...(conversation && { conversation }),
    };
    const asked = { principal, act: "submit", detail: { kind: fresh.handler.kind } };
    const done = await submitTask(this.parts, fresh, whole, asked);
    if ("task" in done) return { task: done.task, replayed: false };
    mustBeSameRequest(idempotency, done.hash);
    return { task: await this.get(principal, done.replayed), replayed: true };
  }
}

/** An input with the question that it answers, if any. */
type Said = Omit<InputSubmission, "prompt" | "subscriptions"> & {
  messageId: string;
  prompt: string | null;
  at: number;
  asked: OpenQuestion | undefined;
  /** Subscriptions that the input adds. */
  told: readonly Subscription[];
};

function budgetWith(before: Budget, amounts: BudgetAmounts): Budget {
  const { tokens, costUsd, onSpent } = { ...before, ...amounts };
  return { onSpent, ...(tokens != null && { tokens }), ...(costUsd != null && { costUsd }) };
}

function reasonOf({ reason = "" }: Steering): string {
  return wellFormed(reason);
}

function begunOtherwise(kind: string): Refusal {
  return new Refusal("invalid", `Tasks of kind "${kind}" begin with an upload, an analysis or a vector store.`, {
    field: "kind",
  });
}

function inNoConversation(): Refusal {
  return new Refusal("invalid", "A multitask strategy is for a task of a conversation: name one.", {
    field: "multitask_strategy",
  });
}

/** To know a hash gives no right to the file. */
function mustHaveCome(named: readonly string[], uploads: readonly string[]): void {
  if (named.every((sha256) => uploads.includes(sha256))) return;
  throw new Refusal("invalid", "The input names a file that did not come with it.", { field: "input" });
}

function unknownKind(kind: string, handlers: ReadonlyMap<string, Handler>): Refusal {
  const known = [...handlers.keys()].filter((name) => !isEnginesOwn(name) && !BEGUN_OTHERWISE.has(name));
  const meant = didYouMean(kind, known);
  return new Refusal("invalid", `There is no kind "${kind}" here.${meant} Known kinds: ${known.join(", ")}.`, {
    field: "kind",
  });
}
