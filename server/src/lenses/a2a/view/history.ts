/**
 * The messages of a task: what it was asked, what it asked and was told. What it asks now is said with its status, and
 * outputs are artifacts; neither is among them.
 */
import { z } from "zod";
import { agentInput } from "../../../task/agent/agent.ts";
import { type AgentMessage, messageAsked, messageTold } from "../../../task/agent/agent-message.ts";
import { queryIdOf } from "../../../task/conversation.ts";
import { openQuestions } from "../../../task/people/questions.ts";
import type { Task } from "../../../task/task.ts";
import type { Turn } from "../../../verbs/tasks.ts";
import type { MessageView } from "../model/view.ts";
import { questionMessage } from "./status.ts";

/** Oldest first. */
export function historyOf(task: Task, turns: readonly Turn[], contextId: string): MessageView[] {
  const [open] = openQuestions(task);
  const current = open && turns.findLast(({ asked }) => asked?.name === open.prompt.name);
  const said = turns
    .filter((turn) => turn !== current)
    .map((turn) =>
      turn.asked === undefined
        ? spoken(messageTold(turn.told), () => turn.messageId)
        : questionMessage(task.id, turn.asked, turn.at),
    );
  return [askedOf(task), ...said].map((message) => ({ ...message, contextId, taskId: task.id }));
}

/** What of the input is shown. */
const askedInput = z.object(agentInput.pick({ query: true, attachments: true, message: true }).shape);

function askedOf({ id, input, title }: Task): MessageView {
  const asked = askedInput.safeParse(input);
  const otherwise = input === null ? { text: title } : { data: input };
  const message = asked.success ? messageAsked(asked.data) : { id: "", parts: [otherwise] };
  return spoken(message, () => queryIdOf(id));
}

/** A message of the user's, under the id that its author gave it. */
function spoken({ id, parts, metadata, extensions, references }: AgentMessage, otherwise: () => string): MessageView {
  return {
    messageId: id || otherwise(),
    role: "user",
    parts,
    ...(metadata !== undefined && { metadata }),
    ...(extensions !== undefined && { extensions }),
    ...(references !== undefined && { referenceTaskIds: references }),
  };
}

/** The last `length` messages; all where that is null, and no history at all where it is 0. */
export function lastOf(history: readonly MessageView[], length: number | null): readonly MessageView[] | undefined {
  if (length === 0) return undefined;
  return length === null ? history : history.slice(-length);
}
