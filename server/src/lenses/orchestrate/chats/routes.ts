/** Chat completions: an agent's next answer in a thread, which remembers what was said before. */
import { Refusal } from "../../../task/errors.ts";
import { isUuid } from "../../../task/id.ts";
import type { Principal } from "../../../task/principal.ts";
import type { Conversations } from "../../../verbs/conversations.ts";
import { anyQuery, type Route, route } from "../../route.ts";
import { NAMES } from "../names.ts";
import { beginRun, type RunSettings } from "../runs/begin.ts";
import { runOrchestrate } from "../runs/schema.ts";
import { success } from "../success.ts";
import { chunksOf, completionOf } from "./chat.ts";
import { chatAnswer, chatCompletion } from "./schema.ts";

const THREAD_HEADER = "x-ibm-thread-id";

export function chatRoutes({ timedOut, answerWithinMs }: RunSettings): readonly Route[] {
  return [
    route({
      method: "POST",
      path: "/v1/orchestrate/{agent_id}/chat/completions",
      id: "chat_completions",
      scope: "tasks",
      tag: "Chat",
      summary: "Chat With Agent",
      description:
        "The thread remembers what was said: of `messages`, the last one of the user is what the agent is asked. A thread " +
        "that there is not is another one. A question of the agent is an answer here, and the next message answers it.",
      params: { agent_id: { about: "An agent's id", is: () => true } },
      query: anyQuery,
      headers: { [THREAD_HEADER]: "The thread to go on with" },
      reads: "typed",
      body: chatCompletion,
      refuses: ["unauthenticated", "not_found", "invalid"],
      mayStream: true,
      answers: success(chatAnswer),
      handle: async ({ principal, verbs, parts, params, body, headers, left }) => {
        const message = body.messages.findLast(({ role }) => role === "user");
        if (!message) throw new Refusal("invalid", "there is nothing to answer", { field: "messages" });
        const { additional_parameters, context } = body;
        const thread_id = await knownThread(verbs.conversations, principal, headers[THREAD_HEADER]);
        const asked = { message, thread_id, agent_id: params.agent_id, additional_parameters, context };
        const begun = await beginRun({ principal, verbs, parts, answerWithinMs }, runOrchestrate.parse(asked));
        const chat = { principal, task: begun.task, since: begun.since, timedOut, agent: params.agent_id };
        if (body.stream) return { stream: chunksOf(verbs.tasks, chat) };
        const completion = await completionOf(verbs.tasks, chat, left());
        if ("failed" in completion) return { status: 500, body: { detail: completion.failed } };
        return { status: 200, body: completion };
      },
    }),
  ];
}

/** Null for a thread that is not the caller's, or is none: a fresh one is begun then. */
async function knownThread(
  conversations: Pick<Conversations, "get">,
  principal: Principal,
  id: string | string[] | undefined,
): Promise<string | null> {
  if (typeof id !== "string" || !isUuid(id.trim())) return null;
  try {
    return (await conversations.get(principal, NAMES, id.trim())).conversation.id;
  } catch (error) {
    if (error instanceof Refusal && error.code === "not_found") return null;
    throw error;
  }
}
