/**
 * Kind `remote_agent`: work of an agent of another server. Waybill asks it, follows it over its stream or by polling, passes its
 * questions on to its own caller, and stops it when its own task is stopped. Everything learned is journaled, so that after a restart
 * it continues with the same task of the other side.
 */
import { z } from "zod";
import { messageTold } from "../../task/agent/agent-message.ts";
import { type Fetch, type Outgoing, reachRefusal } from "../../task/agent/agent-reach.ts";
import { type Context, defineHandler, type Handler, type StepContext, TaskFailure } from "../../task/handler.ts";
import type { Json } from "../../task/json/json.ts";
import { type Part, textOf } from "../../task/part.ts";
import type { Task } from "../../task/task.ts";
import { traceHeaders } from "../../task/trace.ts";
import type { AttachmentFiles } from "../agent/attachment.ts";
import { withSentBytes } from "./attached.ts";
import { FOLLOW_MS, followed, GrowingText } from "./follow.ts";
import { type RemoteAgentInput, type RemoteAgents, type RemotePlace, remoteAgentInput } from "./input.ts";
import { RemoteClient, type Said } from "./remote-client.ts";
import { RemoteError } from "./remote-error.ts";
import { isEnded, type RemoteState, type RemoteTask, statusText } from "./remote-task.ts";

const SEND_MS = 1_800_000;
/** After a stop: time to learn which task the other side has begun. */
const LINGER_MS = 10_000;
const LOOK_MS = 1_000;
const LOOK_MS_MAX = 60_000;
const ASK_AGAIN_MS = 60_000;
const ASK_AGAIN_MS_MAX = 600_000;
/** An unreachable server is asked again for about an hour. */
const TRIES = { retries: 60, backoffMs: 1_000, backoffMaxMs: 60_000 };

/** The state of another server's task after a step. */
type Standing = { id: string; context: string; state: RemoteState; says: string; streams: boolean; shown: number };
/** Parts of a message are JSON. */
type Answered = { standing: Standing } | { message: Json };

export type RemoteAgentParts = { agents: RemoteAgents; outgoing: Outgoing; files: AttachmentFiles };

/** Its progress in the task's details, from which its cleanup reads it too. */
const shownDetails = z.object({ remote: z.object({ task: z.string(), state: z.string() }) });

/** The handler of kind `remote_agent`. `agents` are those that callers may name; others are asked by address. */
export function remoteAgentHandler({ agents, outgoing, files }: RemoteAgentParts): Handler {
  const input = remoteAgentInput.refine(({ agent }) => agent === undefined || Object.hasOwn(agents, agent), {
    path: ["agent"],
    message: `must be one of the configured remote agents: ${Object.keys(agents).join(", ") || "there are none"}`,
  });
  const placeOf = ({ agent, url = "" }: RemoteAgentInput, task: Pick<Task, "id" | "trace">): RemotePlace => {
    const configured = agent === undefined ? undefined : agents[agent];
    if (agent !== undefined && configured === undefined)
      throw new TaskFailure("remote_unknown", `The configuration has no remote agent "${agent}" any more.`);
    const place = configured ?? { url, description: "", headers: {} };
    return { ...place, headers: { ...traceHeaders(task), ...place.headers } };
  };
  return defineHandler({
    kind: "remote_agent",
    input,
    present: ({ agent, url = "", query, attachments }) => ({
      title: `${agent ?? new URL(url).host}: ${query}`.slice(0, 200),
      message: [{ text: query }, ...attachments],
    }),
    reply: (output) => messageTold(output).parts,
    // It reads files of the store.
    inServer: true,
    run: (ctx, given) =>
      new RemoteRun(
        ctx,
        (signal) => RemoteClient.open(placeOf(given, ctx.task), heldTo(given, outgoing), signal),
        files,
      ).run(given),
    cleanup: async (ctx, task) => {
      const read = shownDetails.safeParse(task.details);
      if (!read.success || isEnded(read.data.remote.state)) return;
      const given = input.parse(task.input);
      const client = await RemoteClient.open(placeOf(given, task), heldTo(given, outgoing), ctx.signal);
      await client.cancel(read.data.remote.task);
    },
  });
}

/** The addresses in its card, and all redirects, are within the asking agent's reach. */
function heldTo({ reach }: RemoteAgentInput, outgoing: Outgoing): Fetch {
  return outgoing((url) => reachRefusal("the agent that asks", reach, url));
}

type Open = (signal: AbortSignal) => Promise<RemoteClient>;

/** One task of ours, over its journal. */
class RemoteRun {
  readonly #ctx: Context;
  readonly #open: Open;
  readonly #files: AttachmentFiles;

  constructor(ctx: Context, open: Open, files: AttachmentFiles) {
    this.#ctx = ctx;
    this.#open = open;
    this.#files = files;
  }

  async run({ query, attachments, context }: RemoteAgentInput): Promise<Json> {
    const contextId = context ?? this.#ctx.task.conversation ?? "";
    const asked = await this.#say("ask", [{ text: query }, ...attachments], { contextId });
    if ("message" in asked) return { message: asked.message, alone: true };
    let { standing } = asked;
    for (let looks = 0; !isEnded(standing.state); looks++) {
      const next =
        standing.state === "working" ? await this.#watch(standing, looks) : await this.#rest(standing, looks);
      if (next.state !== standing.state) looks = 0;
      standing = next;
    }
    if (standing.state === "completed") return closing(standing.says);
    const rejected = standing.state === "rejected";
    throw new TaskFailure(`remote_${standing.state}`, standing.says || `The other agent's task is ${standing.state}.`, {
      rejected,
    });
  }

  /** It works: followed over its stream, or polled at growing intervals. */
  async #watch(standing: Standing, looks: number): Promise<Standing> {
    const follow = (step: StepContext, client: RemoteClient, text: GrowingText) =>
      standing.streams ? followed(client, standing.id, { step, text }) : client.get(standing.id);
    if (!standing.streams) await this.#ctx.sleep("wait", Math.min(LOOK_MS * 2 ** Math.min(looks, 10), LOOK_MS_MAX));
    return this.#look(standing, follow);
  }

  /** It waits for an answer: whoever may steer our task is asked. Credentials may also reach the other side by another way. */
  async #rest(standing: Standing, looks: number): Promise<Standing> {
    const asks = standing.state === "auth_required" ? "authorization" : "answer";
    const again = asks === "authorization" && Math.min(ASK_AGAIN_MS * 2 ** Math.min(looks, 10), ASK_AGAIN_MS_MAX);
    const prompt = standing.says || "The other agent waits for an answer.";
    const answer = await this.#ctx.waitForInput("question", { asks, prompt, ...(again && { deadlineMs: again }) });
    if (answer === null) return this.#look(standing, (_, client) => client.get(standing.id));
    const { parts } = answer.message ?? messageTold(answer.value);
    const told = await this.#say("answer", parts, { contextId: standing.context, taskId: standing.id }, standing);
    return "standing" in told
      ? told.standing
      : { ...standing, state: "completed", says: textOf(messageTold(told).parts) };
  }

  #look(
    standing: Standing,
    ask: (step: StepContext, client: RemoteClient, text: GrowingText) => Promise<RemoteTask>,
  ): Promise<Standing> {
    const body = async (step: StepContext) => {
      const text = new GrowingText(standing.shown, (said) => step.output(said));
      const client = await this.#open(step.signal);
      const task = await ask(step, client, text);
      text.settle(task.artifacts);
      return noted(step, task, client.streams, text.shown);
    };
    return this.#ctx.step("follow", body, { ...TRIES, timeoutMs: FOLLOW_MS * 2 });
  }

  async #say(
    name: string,
    parts: readonly Part[],
    to: Pick<Said, "contextId" | "taskId">,
    standing?: Standing,
  ): Promise<Answered> {
    const body = async (step: StepContext): Promise<Answered> => {
      const client = await this.#open(lingering(step.signal));
      const message = { messageId: step.key, parts: await withSentBytes(parts, this.#files), ...to };
      const answer = await client.send(message).catch((error: unknown) => {
        // Not every server takes a conversation that it has not named itself.
        const isName = error instanceof RemoteError && error.code === "remote_refused" && to.taskId === undefined;
        if (!isName || to.contextId === "") throw error;
        return client.send({ ...message, contextId: "" });
      });
      if ("message" in answer) return { message: { parts: answer.message.parts } };
      if (step.signal.aborted) await client.cancel(answer.task.id);
      return { standing: noted(step, answer.task, client.streams, standing?.shown ?? 0) };
    };
    return this.#ctx.step(name, body, { ...TRIES, timeoutMs: SEND_MS });
  }
}

/** Notes the state of the other side's task, and at its end all its outputs. */
function noted(step: StepContext, task: RemoteTask, streams: boolean, shown: number): Standing {
  const { id, contextId: context, status, artifacts } = task;
  const says = statusText(task) || (isEnded(status.state) ? textOf(artifacts.flatMap(({ parts }) => parts)) : "");
  step.details({ remote: { task: id, context, state: status.state } });
  if (isEnded(status.state))
    for (const { artifactId, ...artifact } of artifacts) step.artifact({ id: artifactId, ...artifact });
  return { id, context, state: status.state, says: says.slice(0, 100_000), streams, shown };
}

function closing(says: string): Json {
  return { message: { parts: [{ text: says }] }, alone: false };
}

/** Fires a while after `signal`. */
function lingering(signal: AbortSignal): AbortSignal {
  const late = new AbortController();
  const begin = () => void setTimeout(() => late.abort(signal.reason), LINGER_MS).unref();
  if (signal.aborted) begin();
  else signal.addEventListener("abort", begin, { once: true });
  return late.signal;
}
