// Show where a task stands.
// usage: node status.mjs TASK_ID
const SERVER = process.env.SHANNON_URL ?? "http://localhost:8080";
const API_KEY = process.env.SHANNON_API_KEY ?? "sk_test_123456";

const [taskId] = process.argv.slice(2);
if (taskId === undefined) {
  console.error("usage: node status.mjs TASK_ID");
  process.exit(2);
}

const answer = await fetch(`${SERVER}/api/v1/tasks/${encodeURIComponent(taskId)}`, {
  headers: { "X-API-Key": API_KEY },
});
const task = await answer.json();
if (!answer.ok) {
  console.error(`${answer.status} ${task.error}`);
  process.exit(1);
}

console.log(`${task.task_id}  ${task.status}  ${task.mode}`);
console.log(`asked:   ${task.query}`);
if (task.result !== undefined) console.log(`answer:  ${task.result}`);
if (task.error !== "") console.log(`error:   ${task.error}`);
if (task.usage) console.log(`tokens:  ${task.usage.total_tokens}, by ${task.model_used} of ${task.provider}`);
