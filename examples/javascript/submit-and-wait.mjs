// Ask a question and wait for the answer. Questions of one session know each other.
// usage: node submit-and-wait.mjs QUESTION [SESSION_ID]
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

const SERVER = process.env.SHANNON_URL ?? "http://localhost:8080";
const API_KEY = process.env.SHANNON_API_KEY ?? "sk_test_123456";

const OPEN = new Set(["TASK_STATUS_QUEUED", "TASK_STATUS_RUNNING", "TASK_STATUS_PAUSED"]);

async function call(path, options = {}) {
  const answer = await fetch(SERVER + path, {
    ...options,
    headers: { "X-API-Key": API_KEY, "Content-Type": "application/json", ...options.headers },
  });
  const body = await answer.json();
  if (!answer.ok) throw new Error(`${answer.status} ${body.error}`);
  return body;
}

async function ask(question, sessionId) {
  const { task_id: taskId } = await call("/api/v1/tasks", {
    method: "POST",
    // With a key of our own, a submit whose answer got lost can be sent again without a second task.
    headers: { "Idempotency-Key": randomUUID() },
    body: JSON.stringify({ query: question, session_id: sessionId }),
  });
  console.error(`submitted ${taskId}`);
  for (let delayMs = 100; ; delayMs = Math.min(delayMs * 1.5, 5_000)) {
    const task = await call(`/api/v1/tasks/${taskId}`);
    if (!OPEN.has(task.status)) return task;
    await sleep(delayMs);
  }
}

const [question, sessionId] = process.argv.slice(2);
if (question === undefined) {
  console.error("usage: node submit-and-wait.mjs QUESTION [SESSION_ID]");
  process.exit(2);
}
const task = await ask(question, sessionId);
if (task.status === "TASK_STATUS_COMPLETED") {
  console.log(task.result);
} else {
  console.error(`${task.status}: ${task.error}`);
  process.exitCode = 1;
}
