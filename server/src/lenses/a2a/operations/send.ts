/** A message to an agent, which is answered with the task that came of it. */
import { closingWordsOf } from "../../../task/agent/agent-message.ts";
import type { Task } from "../../../task/task.ts";
import { delivered } from "../message/deliver.ts";
import type { SentView } from "../model/view.ts";
import { type Exchange, operation } from "../operation.ts";
import { closingMessage } from "../view/status.ts";
import { taskView } from "../view/task.ts";

/** However long a client would wait, it is answered after this. */
const WAIT_MS_MAX = 300_000;

export const send = operation({
  name: "send",
  summary: "Send a message: it begins a task, or goes to one that is open",
  methods: { "1.0": "SendMessage", "0.3": "message/send" },
  paths: [{ method: "POST", path: "/message:send" }],
  run: async (exchange, command) => {
    const { task, contextId } = await delivered(exchange, command);
    const { principal, verbs, left } = exchange;
    const settled = command.waits ? await verbs.tasks.settled(principal, task.id, WAIT_MS_MAX, left()) : task;
    const sent = await sentView(exchange, settled, { contextId, historyLength: command.historyLength });
    return { result: exchange.dialect.codec.write.sent(sent) };
  },
});

/** Some of the agent's answers are a message and no task: which, is known once it has answered. */
export function answersAlone({ agent, parts }: Pick<Exchange, "agent" | "parts">): boolean {
  if (!agent.configured) return false;
  return parts.agents.find(({ slug }) => slug === agent.definition.slug)?.answersAlone ?? false;
}

/** The task, or the message alone where that is all there is to know. */
async function sentView(
  exchange: Exchange,
  task: Task,
  known: { contextId: string; historyLength: number | null },
): Promise<SentView> {
  const closing = task.state === "completed" ? closingWordsOf(task.output) : null;
  if (closing?.alone) return { message: { ...closingMessage(task.id, closing), contextId: known.contextId } };
  return { task: await taskView(exchange, task, { ...known, artifacts: true }) };
}
