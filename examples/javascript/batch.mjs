// Ask about many tasks at once. An id that is unknown is reported, and stops nothing.
// usage: node batch.mjs TASK_ID...
const SERVER = process.env.SHANNON_URL ?? "http://localhost:8080";
const API_KEY = process.env.SHANNON_API_KEY ?? "sk_test_123456";
const AT_ONCE = 8;

async function statusOf(taskId) {
  try {
    const answer = await fetch(`${SERVER}/api/v1/tasks/${encodeURIComponent(taskId)}`, {
      headers: { "X-API-Key": API_KEY },
      signal: AbortSignal.timeout(10_000),
    });
    const body = await answer.json();
    return answer.ok ? body.status : `${answer.status} ${body.error}`;
  } catch (error) {
    return `no answer: ${error.message}`;
  }
}

const taskIds = process.argv.slice(2);
if (taskIds.length === 0) {
  console.error("usage: node batch.mjs TASK_ID...");
  process.exit(2);
}
const statuses = new Map();
const left = taskIds.values();
const askers = Array.from({ length: AT_ONCE }, async () => {
  for (const taskId of left) statuses.set(taskId, await statusOf(taskId));
});
await Promise.all(askers);
for (const taskId of taskIds) console.log(`${taskId}  ${statuses.get(taskId)}`);
