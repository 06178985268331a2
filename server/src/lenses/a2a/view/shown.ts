/** A task as version 1.0 shows it to whoever asks for that in another API: with what the task itself holds. */
import type { JsonObject } from "../../../task/json/json.ts";
import type { Task } from "../../../task/task.ts";
import { threadOf } from "../../../task/thread.ts";
import { v1 } from "../model/v1/codec.ts";
import { resultOf } from "./artifacts.ts";
import { historyOf } from "./history.ts";
import { statusOf } from "./status.ts";

export function shownTask(task: Task): JsonObject {
  const contextId = threadOf(task);
  const result = resultOf(task);
  return v1.write.task({
    id: task.id,
    contextId,
    status: statusOf(task, contextId),
    ...(result !== null && { artifacts: [result] }),
    history: historyOf(task, [], contextId),
    ...(Object.keys(task.metadata).length > 0 && { metadata: task.metadata }),
  });
}
