/** The messages of a thread, as they are shown: each with what it answers, and an answer with the steps that led to it. */
import type { Conversation, Message } from "../../../task/conversation.ts";
import { Refusal } from "../../../task/errors.ts";
import type { Principal } from "../../../task/principal.ts";
import { isTerminal } from "../../../task/states.ts";
import type { Verbs } from "../../../verbs/verbs.ts";
import { toldInTurns } from "../../body/json-body.ts";
import { wayTo } from "../events/log.ts";
import { messageOf } from "./message.ts";
import type { ThreadMessage } from "./schema.ts";

type Threads = Pick<Verbs, "conversations" | "tasks">;

const PAGE = 100;
/** The steps of older answers are in the events of their runs alone: each is a log to be read. */
const WITH_STEPS_MAX = 100;

type Placed = { message: Message; parent: string | null; hasSteps: boolean };

/** Oldest first. */
export async function* messagesOf(
  verbs: Threads,
  principal: Principal,
  conversation: Conversation,
): AsyncGenerator<ThreadMessage> {
  for await (const placed of placedIn(verbs, principal, conversation.id))
    yield await shown(verbs, principal, conversation, placed);
}

/** Throws `not_found`. */
export async function messageNamed(
  verbs: Threads,
  principal: Principal,
  conversation: Conversation,
  id: string,
): Promise<ThreadMessage> {
  const wanted = id.toLowerCase();
  for await (const placed of placedIn(verbs, principal, conversation.id))
    if (placed.message.id === wanted) return shown(verbs, principal, conversation, { ...placed, hasSteps: true });
  throw new Refusal("not_found", "Message not found");
}

async function* placedIn(verbs: Threads, principal: Principal, conversation: string): AsyncGenerator<Placed> {
  /** What was last said to each task, and to nobody in particular. */
  const heard = new Map<string | null, string>();
  let offset = 0;
  while (true) {
    const { messages, total } = await verbs.conversations.messages(principal, conversation, { limit: PAGE, offset });
    for (const [at, message] of messages.entries()) {
      if (message.role === "user") heard.set(message.task, message.id);
      const parent = message.role === "agent" ? (heard.get(message.task) ?? null) : null;
      yield { message, parent, hasSteps: total - offset - at <= WITH_STEPS_MAX };
    }
    offset += messages.length;
    if (messages.length === 0 || offset >= total) return;
  }
}

async function shown(
  verbs: Threads,
  principal: Principal,
  { id, tenant, user }: Conversation,
  { message, parent, hasSteps }: Placed,
): Promise<ThreadMessage> {
  const isNotice = message.purpose === "notice";
  const isAnswer = message.role === "agent" && message.purpose === null;
  const task = isNotice || (isAnswer && hasSteps) ? await taskOf(verbs, principal, message) : null;
  const steps = isAnswer && task ? (await wayTo(verbs.tasks, principal, task)).steps : [];
  const isAsync = isNotice && task !== null && !isTerminal(task.state);
  const around = { thread: id, tenant, user, parent, isAsync, steps };
  return await toldInTurns(() => messageOf(message, around));
}

/** Null for one that is gone: its messages outlive it. */
async function taskOf({ tasks }: Threads, principal: Principal, { task }: Message) {
  if (task === null) return null;
  try {
    return await tasks.get(principal, task);
  } catch (error) {
    if (error instanceof Refusal && error.code === "not_found") return null;
    throw error;
  }
}
