/**
 * The beginning of a run: a new task of kind `agent` in its thread, or the answer to the run of the thread that asks
 * something, which then goes on under the same id.
 */
import { randomUUID } from "node:crypto";
import { queryIdOf } from "../../../task/conversation.ts";
import { Refusal } from "../../../task/errors.ts";
import { isJsonObject, type Json, type JsonObject } from "../../../task/json/json.ts";
import { keptIn, type Part, textOf } from "../../../task/part.ts";
import { openQuestions } from "../../../task/people/questions.ts";
import { mustHave, type Principal } from "../../../task/principal.ts";
import type { Submission } from "../../../task/submission.ts";
import type { Task } from "../../../task/task.ts";
import type { Agent } from "../../../verbs/agents.ts";
import type { Verbs } from "../../../verbs/verbs.ts";
import type { LensSettings } from "../../lens.ts";
import type { LensParts } from "../../lens-parts.ts";
import { foundAs } from "../errors.ts";
import type { Since } from "../events/log.ts";
import { metadataFrom, partsFrom, wordsOf } from "../messages/message.ts";
import type { CreateMessage } from "../messages/schema.ts";
import { backgroundIdOf, NAMES, runIdOf } from "../names.ts";
import { threadOf } from "./asked.ts";
import { attachedFiles, FILES_ONLY } from "./attached-files.ts";
import { guardrailsOf, parametersOf } from "./parameters.ts";
import type { RunOrchestrate } from "./schema.ts";

/** Of a thread on which a run works as it stands. */
const MESSAGES_READ = 100;

/** What a deployment says of runs. */
export type RunSettings = Pick<LensSettings["orchestrate"], "timedOut" | "answerWithinMs">;
type Caller = { principal: Principal; verbs: Verbs; parts: Pick<LensParts, "agents"> };
type Thread = { id: string; agent: string | null };

/** What a run answers with that has begun or goes on. */
export type Begun = {
  task: Task;
  answer: { thread_id: string; run_id: string; task_id: string; message_id: string };
  /** The message by which a run goes on. */
  since: Since;
};

/**
 * Throws `not_found` for a thread or an agent that there is not, `invalid` for a message without words, and as a submit
 * does.
 */
export async function beginRun(
  caller: Caller & Pick<RunSettings, "answerWithinMs">,
  body: RunOrchestrate,
): Promise<Begun> {
  const thread = body.thread_id === null ? null : await threadNamed(caller, body.thread_id);
  const { message, context } = body;
  const continued = thread !== null && message !== null ? await answered(caller, thread, { message, context }) : null;
  if (continued !== null) return continued;
  const agent = await agentNamed(caller, body.agent_id || (thread?.agent ?? null));
  const files = await attachedFiles(caller, body.context);
  const said =
    body.message === null ? await lastWords(caller, thread) : { words: saidIn(body.message, files), id: null };
  const submission = submissionOf(
    body,
    { query: said.words, files, answerWithinMs: caller.answerWithinMs },
    thread,
    agent,
  );
  // They are the caller's own, which is as good as having come with the request.
  const { task } = await caller.verbs.tasks.submit(caller.principal, NAMES, submission, undefined, keptIn(files));
  return { task, answer: answerOf(task, backgroundIdOf(task), said.id ?? queryIdOf(task.id)), since: null };
}

function answerOf(task: Task, taskId: string, messageId: string): Begun["answer"] {
  return { thread_id: threadOf(task), run_id: runIdOf(task), task_id: taskId, message_id: messageId };
}

async function threadNamed({ principal, verbs }: Caller, id: string): Promise<Thread> {
  const { conversation } = await foundAs("Thread", verbs.conversations.get(principal, NAMES, id));
  return conversation;
}

/** The server's default agent where none is named. */
async function agentNamed({ principal, verbs, parts }: Caller, name: string | null): Promise<Agent | null> {
  // Any key reads agents: one that may begin no run is told so first.
  mustHave(principal, "tasks");
  const wanted = name ?? parts.agents[0]?.slug;
  if (wanted === undefined) return null;
  return foundAs(`Agent ${wanted}`, verbs.agents.get(principal, wanted));
}

/** The latest run of the thread that asks something, with this answer; null when none does, or others were first. */
async function answered(
  { principal, verbs }: Caller,
  thread: Thread,
  { message, context }: { message: CreateMessage; context: RunOrchestrate["context"] },
): Promise<Begun | null> {
  const latest = await verbs.tasks.list(principal, { conversation: thread.id, asks: true }, { limit: 1 });
  const [asking] = latest.tasks;
  const [question] = asking === undefined ? [] : openQuestions(asking);
  if (asking === undefined || question === undefined) return null;
  const files = await attachedFiles({ principal, verbs }, context);
  const [messageId, taskId] = [randomUUID(), randomUUID()];
  const input = {
    messageId,
    prompt: question.prompt.name,
    ...answerIn(message, messageId, files),
    alias: { lens: NAMES, value: taskId },
  };
  try {
    // They are the caller's own, which is as good as having come with the answer.
    const { task } = await verbs.tasks.input(principal, asking.id, input, undefined, keptIn(files));
    return { task, answer: answerOf(task, taskId, messageId), since: { messageId } };
  } catch (error) {
    // The question was answered in this moment, or its task has ended: this is said to the next run.
    if (error instanceof Refusal && error.code === "not_allowed_in_state") return null;
    throw error;
  }
}

/** What a message says to a question: the data of a form, else its words, with the files that it names. */
function answerIn({ content }: CreateMessage, id: string, files: readonly Part[]): { value: Json; words?: boolean } {
  const forms = typeof content === "string" ? [] : content.flatMap((item) => formIn(item) ?? []);
  const said = forms[0] ?? wordsOf(content);
  if (files.length === 0) return { value: said, words: forms[0] === undefined };
  const words: Part[] = typeof said === "string" ? [{ text: said || FILES_ONLY }] : [{ data: said }];
  return { value: { message: { id, parts: [...words, ...files] } } };
}

function formIn({ form_data: data, form_operation: operation }: JsonObject): Json | null {
  if (operation === "cancel") return { approved: false };
  return isJsonObject(data) || Array.isArray(data) ? data : null;
}

function submissionOf(
  body: RunOrchestrate,
  { query, files, answerWithinMs }: { query: string; files: Part[]; answerWithinMs: number },
  thread: Thread | null,
  agent: Agent | null,
): Submission {
  const { message, llm_params, guardrails } = body;
  const context = contextOf(body, agent);
  const id = thread?.id ?? randomUUID();
  return {
    kind: "agent",
    input: {
      query,
      ...(files.length > 0 && { attachments: files }),
      ...(agent !== null && { agent: agent.definition.slug }),
      ...(llm_params !== null && { parameters: parametersOf(llm_params) }),
      ...(guardrails !== null && { guardrails: guardrailsOf(guardrails) }),
      answerWithinMs,
      context,
    },
    conversation: thread === null ? { alias: id, ...(agent !== null && { agent: agent.id }) } : { id },
    // What was said is there already where a run works on the thread as it stands.
    message: message && { parts: [...partsFrom(message.content), ...files], metadata: metadataFrom(message) },
    concurrency: { key: `conversation ${id}`, limit: 1, toEnd: true },
  };
}

/** What of the request nobody here acts on: it is told again with the run. */
function contextOf(
  { context, context_variables, additional_parameters, environment_id, version }: RunOrchestrate,
  agent: Agent | null,
): JsonObject {
  return {
    ...(agent !== null && { agent_id: agent.id, agent_name: agent.definition.displayName ?? agent.definition.name }),
    ...(context !== null && { context }),
    ...(context_variables !== null && { context_variables }),
    ...(additional_parameters !== null && { additional_parameters }),
    ...(environment_id !== null && environment_id !== "" && { environment_id }),
    ...(version !== null && { version }),
  };
}

/** What an agent is asked by a message: its words, or what else is in it. */
function saidIn({ content }: CreateMessage, files: readonly Part[]): string {
  const words = wordsOf(content);
  if (words !== "") return words;
  if (files.length > 0) return FILES_ONLY;
  if (content.length === 0) throw nothingSaid("message.content");
  return typeof content === "string" ? content : JSON.stringify(content);
}

/** What the user said last in the thread, and the message's id. */
async function lastWords({ principal, verbs }: Caller, thread: Thread | null): Promise<{ words: string; id: string }> {
  if (thread === null) throw nothingSaid("message");
  const { total } = await verbs.conversations.messages(principal, thread.id, { limit: 1, offset: 0 });
  const offset = Math.max(0, total - MESSAGES_READ);
  const { messages } = await verbs.conversations.messages(principal, thread.id, { limit: MESSAGES_READ, offset });
  const last = messages.findLast(({ role, parts }) => role === "user" && textOf(parts) !== "");
  if (last === undefined) throw nothingSaid("message");
  return { words: textOf(last.parts), id: last.id };
}

function nothingSaid(field: string): Refusal {
  return new Refusal("invalid", "there is nothing to answer", { field });
}
