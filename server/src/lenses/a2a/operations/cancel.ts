/** The end of a task, because its client no longer wants it. */
import { setTimeout as delay } from "node:timers/promises";
import { Refusal } from "../../../task/errors.ts";
import { isTaskId } from "../../../task/id.ts";
import type { Task } from "../../../task/task.ts";
import { ProtocolRefusal } from "../faults.ts";
import { type Exchange, operation } from "../operation.ts";
import { taskView } from "../view/task.ts";

/** What of the task still ends after this, ends behind the answer. */
const WITHIN_MS = 5_000;

export const cancel = operation({
  name: "cancel",
  summary: "Cancel a task",
  methods: { "1.0": "CancelTask", "0.3": "tasks/cancel" },
  paths: [{ method: "POST", path: "/tasks/{id}:cancel" }],
  run: async (exchange, { id }) => {
    const task = await cancelled(exchange, id);
    const view = await taskView(exchange, task, { historyLength: null, artifacts: true });
    return { result: exchange.dialect.codec.write.task(view) };
  },
});

/** In 1.0 a task that is cancelled already is answered as it is. Throws `taskNotCancelable` for other ends. */
async function cancelled({ verbs, principal, dialect }: Exchange, id: string): Promise<Task> {
  if (!isTaskId(id)) throw new ProtocolRefusal("taskNotFound", "Task not found");
  const late = new AbortController();
  const whole = verbs.tasks.cancel(principal, id).then(({ task }) => task);
  const soon = delay(WITHIN_MS, null, { signal: late.signal, ref: false }).catch(() => null);
  try {
    return (await Promise.race([whole, soon])) ?? (await verbs.tasks.get(principal, id));
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== "not_allowed_in_state") throw error;
    const task = await verbs.tasks.get(principal, id);
    if (task.state === "cancelled" && dialect.version === "1.0") return task;
    throw new ProtocolRefusal("taskNotCancelable", `The task is ${task.state}: it cannot be cancelled.`, {
      taskId: id,
    });
  } finally {
    late.abort();
    whole.catch(() => {});
  }
}
