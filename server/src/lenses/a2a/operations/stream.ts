/** A message to an agent, which is answered with all that comes of it while it comes. */
import { delivered } from "../message/deliver.ts";
import { operation } from "../operation.ts";
import { taskStream } from "../stream/task-stream.ts";
import { taskView } from "../view/task.ts";
import { answersAlone } from "./send.ts";

export const stream = operation({
  name: "stream",
  summary: "Send a message, and follow what comes of it",
  methods: { "1.0": "SendStreamingMessage", "0.3": "message/stream" },
  paths: [{ method: "POST", path: "/message:stream" }],
  run: async (exchange, command) => {
    const { task, contextId } = await delivered(exchange, command);
    const begins = !command.message.taskId;
    const { historyLength } = command;
    const { history, metadata } = await taskView(exchange, task, { contextId, historyLength, artifacts: false });
    const streamed = taskStream(exchange, {
      task,
      contextId,
      shown: { ...(history !== undefined && { history }), ...(metadata !== undefined && { metadata }) },
      from: { snapshot: begins ? 1 : task.lastSeq },
      closesAtQuestion: true,
      mayAnswerAlone: begins && answersAlone(exchange),
    });
    return { answer: { stream: streamed } };
  },
});
