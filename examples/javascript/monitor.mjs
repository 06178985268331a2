// Print every change of a task's status, with the time, until it has ended.
// usage: node monitor.mjs TASK_ID
// Exits 0 when it completed, 1 when it failed, 3 when it was cancelled and 4 when it timed out.
import { setTimeout as sleep } from "node:timers/promises";

const SERVER = process.env.SHANNON_URL ?? "http://localhost:8080";
const API_KEY = process.env.SHANNON_API_KEY ?? "sk_test_123456";

const EXIT_CODES = new Map([
  ["TASK_STATUS_COMPLETED", 0],
  ["TASK_STATUS_FAILED", 1],
  ["TASK_STATUS_CANCELLED", 3],
  ["TASK_STATUS_TIMEOUT", 4],
]);

const [taskId] = process.argv.slice(2);
if (taskId === undefined) {
  console.error("usage: node monitor.mjs TASK_ID");
  process.exit(2);
}
for (let seen = ""; !EXIT_CODES.has(seen); ) {
  const answer = await fetch(`${SERVER}/api/v1/tasks/${encodeURIComponent(taskId)}`, {
    headers: { "X-API-Key": API_KEY },
  });
  const task = await answer.json();
  if (!answer.ok) throw new Error(`${answer.status} ${task.error}`);
  if (task.status !== seen) {
    seen = task.status;
    console.log(`${new Date().toTimeString().slice(0, 8)}  ${seen}`);
  }
  if (EXIT_CODES.has(seen)) {
    console.log(task.result ?? task.error);
    process.exitCode = EXIT_CODES.get(seen);
  } else {
    await sleep(1_000);
  }
}
