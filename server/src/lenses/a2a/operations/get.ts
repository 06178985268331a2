/** A task, as it is now. */
import { operation } from "../operation.ts";
import { taskView } from "../view/task.ts";

export const get = operation({
  name: "get",
  summary: "Get a task",
  methods: { "1.0": "GetTask", "0.3": "tasks/get" },
  paths: [{ method: "GET", path: "/tasks/{id}" }],
  run: async (exchange, { id, historyLength }) => {
    const task = await exchange.verbs.tasks.get(exchange.principal, id);
    const view = await taskView(exchange, task, { historyLength, artifacts: true });
    return { result: exchange.dialect.codec.write.task(view) };
  },
});
