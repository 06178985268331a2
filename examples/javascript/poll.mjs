// Wait for a task by asking again, less and less often.
// usage: node poll.mjs TASK_ID [TIMEOUT_S]
import { setTimeout as sleep } from "node:timers/promises";

const SERVER = process.env.SHANNON_URL ?? "http://localhost:8080";
const API_KEY = process.env.SHANNON_API_KEY ?? "sk_test_123456";

const ENDED = new Set(["TASK_STATUS_COMPLETED", "TASK_STATUS_FAILED", "TASK_STATUS_CANCELLED", "TASK_STATUS_TIMEOUT"]);
const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 15_000;

/** The task, or undefined when the server gave no answer that is worth having: then it is worth asking again. */
async function taskNow(taskId) {
  try {
    const answer = await fetch(`${SERVER}/api/v1/tasks/${encodeURIComponent(taskId)}`, {
      headers: { "X-API-Key": API_KEY },
      signal: AbortSignal.timeout(10_000),
    });
    if (answer.status >= 500 || answer.status === 429) return undefined;
    const body = await answer.json();
    if (!answer.ok) throw new Error(`${answer.status} ${body.error}`);
    return body;
  } catch (error) {
    const lost = error instanceof TypeError || error.name === "TimeoutError";
    if (!lost) throw error;
    console.error(`no answer (${error.message}), asking again`);
    return undefined;
  }
}

async function poll(taskId, timeoutMs) {
  const giveUpAt = performance.now() + timeoutMs;
  for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(delayMs * 2, LONGEST_DELAY_MS)) {
    const task = await taskNow(taskId);
    if (task !== undefined && ENDED.has(task.status)) return task;
    if (performance.now() + delayMs > giveUpAt) throw new Error(`${taskId} did not end within ${timeoutMs / 1000} s`);
    // The jitter keeps many waiting programs from asking in step.
    await sleep(delayMs * (0.8 + 0.4 * Math.random()));
  }
}

const [taskId, timeoutS = "300"] = process.argv.slice(2);
if (taskId === undefined) {
  console.error("usage: node poll.mjs TASK_ID [TIMEOUT_S]");
  process.exit(2);
}
const task = await poll(taskId, Number(timeoutS) * 1000);
if (task.status === "TASK_STATUS_COMPLETED") {
  console.log(task.result);
} else {
  console.error(`${task.status}: ${task.error}`);
  process.exitCode = 1;
}
