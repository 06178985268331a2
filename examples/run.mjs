// Runs every example against a server of its own and checks what it says.
// usage: node examples/run.mjs [NAME-PART...]     PYTHON=… names the Python that has python/requirements.txt
import { spawn } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { NODE, startServer } from "../scripts/start-server.mjs";
import { startCuttingProxy } from "./cutting-proxy.mjs";
import { checkExpenses } from "./expenses/check.mjs";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const PYTHON = process.env.PYTHON ?? "python3";
const EXAMPLE_MS_MAX = 60_000;
const UNKNOWN = "task_00000000000000000000000000";
const KEY = "sk_test_123456";

const chosen = process.argv.slice(2);
const folder = await mkdtemp(join(tmpdir(), "waybill-examples-go-"));
const server = await startServer();
let passed = 0;
let failed = 0;

function languages() {
  return [
    {
      name: "python",
      command: (example, ...args) => [PYTHON, join(HERE, "python", `${example.replaceAll("-", "_")}.py`), ...args],
    },
    {
      name: "javascript",
      command: (example, ...args) => ["node", join(HERE, "javascript", `${example}.mjs`), ...args],
    },
    {
      name: "go",
      command: (example, ...args) => {
        const [first, session] = args;
        const inSession = example === "submit-and-wait" && session !== undefined;
        return [join(folder, example), ...(inSession ? ["-session", session, first] : args)];
      },
    },
    { name: "bash", command: (example, ...args) => ["bash", join(HERE, "bash", `${example}.sh`), ...args] },
  ];
}

const SHANNON_CHECKS = {
  async status({ command }) {
    const task = await submit("What is the capital of France?", { wait: 20 });
    const { stdout } = await ok(command("status", task));
    expectText(stdout, task, "TASK_STATUS_COMPLETED", "What is the capital of France?", "Paris", "tokens:");
    const unknown = await run(command("status", UNKNOWN));
    expect(unknown.code !== 0, "an unknown task is an error");
  },

  async poll({ command }) {
    const task = await submit("What is the capital of Peru?", { delayMs: 1_200 });
    const { stdout } = await ok(command("poll", task));
    expect(stdout.trim() === "The capital of Peru is Lima.", stdout);
    const cancelled = await submit("Never", { delayMs: 60_000 });
    await cancel(cancelled);
    expect((await run(command("poll", cancelled))).code === 1, "a cancelled task is no success");
  },

  async batch({ command }) {
    const done = await Promise.all([1, 2, 3, 4].map((n) => submit(`What is ${n} + ${n}?`, { wait: 20 })));
    const queued = await submit("Later", { delayMs: 60_000 });
    const { stdout } = await ok(command("batch", ...done, queued, UNKNOWN));
    const lines = stdout.trim().split("\n");
    expect(lines.length === 6, stdout);
    for (const [at, task] of done.entries()) expect(lines[at] === `${task}  TASK_STATUS_COMPLETED`, lines[at]);
    expect(lines[4] === `${queued}  TASK_STATUS_QUEUED`, lines[4]);
    expectText(lines[5], "Task not found");
  },

  async "submit-and-wait"({ name, command }) {
    expectText((await ok(command("submit-and-wait", "What is 17 * 23?"))).stdout, "391");
    const session = `${name}-${Date.now()}`;
    await ok(command("submit-and-wait", "My name is Ada.", session));
    expectText((await ok(command("submit-and-wait", "What is my name?", session))).stdout, "Ada");
  },

  async monitor({ command }) {
    const task = await submit("What is the capital of Kenya?", { delayMs: 1_500 });
    const { stdout } = await ok(command("monitor", task));
    expectText(stdout, "TASK_STATUS_QUEUED", "TASK_STATUS_COMPLETED", "Nairobi");
    const cancelled = await submit("Never", { delayMs: 60_000 });
    await cancel(cancelled);
    expect((await run(command("monitor", cancelled))).code === 3, "a cancelled task ends with 3");
  },

  async stream({ command }) {
    const task = await submit("What is the area of Norway?", { delayMs: 500 });
    const proxy = await startCuttingProxy(server.shannonUrl);
    const { stdout } = await ok(command("stream", task), { SHANNON_URL: proxy.url });
    await proxy.close();
    const whole = await fetch(`${server.shannonUrl}/api/v1/stream/sse?workflow_id=${task}`, {
      headers: { "X-API-Key": KEY },
    });
    const frames = [...(await whole.text()).matchAll(/^id: (.*)\nevent: (.*)\ndata: (.*)$/gm)];
    const expected = frames.map(([, id, name, data]) => `${id} ${name} ${data}`);
    expect(proxy.cuts() === 3, `${proxy.cuts()} cuts`);
    expect(expected.at(-1)?.endsWith("done [DONE]"), "the last frame");
    expect(stdout.trim() === expected.join("\n"), `a gap or a repeat:\n${stdout}\nexpected:\n${expected.join("\n")}`);
  },
};

const SDK_CHECKS = {
  submit: ({ stdout }) => expectText(stdout, "Paris", "model calls"),
  stream: ({ stdout, stderr }) => {
    expectText(stdout, "Japan");
    expectText(stderr, "1 task.submitted", "task.completed");
  },
  conversation: ({ stdout }) => expectText(stdout, "Your name is Ada."),
  steer: ({ stdout }) => expectText(stdout, "paused it", "was cancelled by", "6 * 7 = 42", "0 calls"),
  list: ({ stdout }) => {
    expectText(stdout, "Peru", "Kenya");
    expect(stdout.trim().split("\n").length === 2, stdout);
  },
  documents: ({ stdout }) => expectText(stdout, "pumps.md", "XK-4711-B"),
};

/** Submits by the native API, which can ask for a delay. */
async function submit(query, { wait, delayMs } = {}) {
  const answer = await fetch(`${server.url}/v1/tasks${wait === undefined ? "" : `?wait=${wait}`}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ input: { query }, ...(delayMs !== undefined && { delay_ms: delayMs }) }),
  });
  const body = await answer.json();
  expect(answer.ok, JSON.stringify(body));
  return body.id;
}

async function cancel(task) {
  await fetch(`${server.url}/v1/tasks/${task}/cancel`, { method: "POST" });
}

async function report(name, check) {
  if (chosen.length > 0 && !chosen.some((part) => name.includes(part))) return;
  const began = performance.now();
  try {
    await check();
    passed += 1;
    console.log(`ok     ${name} (${Math.round(performance.now() - began)} ms)`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED ${name}: ${error.message}`);
  }
}

async function receivesWebhooks() {
  const secret = `whsec_${Buffer.from("a secret of thirty-two bytes, so").toString("base64")}`;
  const receiver = spawn(NODE, [join(HERE, "webhooks", "receiver.mjs"), "0"], {
    env: { ...process.env, WEBHOOK_SECRET: secret },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  const says = (pattern) =>
    new Promise((resolve, reject) => {
      const look = () => pattern.test(said) && resolve(pattern.exec(said));
      look();
      receiver.stdout.on("data", look);
      receiver.once("close", () => reject(new Error(`the receiver ended:\n${said}`)));
    });
  for (const stream of [receiver.stdout, receiver.stderr])
    stream.on("data", (chunk) => {
      said += chunk;
    });
  try {
    const [, url] = await says(/receives at (\S+)/);
    const hook = await asked("/v1/webhooks", { url, secret });
    expect((await asked(`/v1/webhooks/${hook.id}/test`, {})).delivered, said);
    const task = await submit("What is the capital of Spain?", { wait: 20 });
    await says(new RegExp(`${task} \\d+ task\\.completed`));
    await asked(`/v1/webhooks/${hook.id}/rotate`, { overlap_s: 0 });
    const refused = await asked(`/v1/webhooks/${hook.id}/test`, {});
    expect(refused.status === 400, `a wrong signature was taken:\n${said}`);
    await fetch(`${server.url}/v1/webhooks/${hook.id}`, { method: "DELETE" });
  } finally {
    receiver.kill();
  }
}

async function asked(path, body) {
  const answer = await fetch(`${server.url}${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  expect(answer.ok, `${path}: HTTP ${answer.status}`);
  return answer.json();
}

async function ok(command, env = {}) {
  const ended = await run(command, { env });
  expect(ended.code === 0, `${command.join(" ")} ended with ${ended.code}:\n${ended.stdout}${ended.stderr}`);
  return ended;
}

function run([program, ...args], { env = {}, cwd } = {}) {
  return new Promise((resolve, reject) => {
    const urls = { SHANNON_URL: server.shannonUrl, SHANNON_API_KEY: KEY, WAYBILL_URL: server.url };
    const child = spawn(program, args, {
      cwd,
      env: { ...process.env, ...urls, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: EXAMPLE_MS_MAX,
    });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk) => {
      stdout += chunk;
    });
    child.stderr.on("data", (chunk) => {
      stderr += chunk;
    });
    child.once("error", (error) => {
      reject(error.code === "ENOENT" ? new Error(`this machine has no ${program}, which the example needs`) : error);
    });
    child.once("close", (code, signal) => resolve({ code: code ?? signal, stdout, stderr }));
  });
}

function expect(holds, otherwise) {
  if (!holds) throw new Error(otherwise);
}

function expectText(text, ...parts) {
  for (const part of parts) expect(text.includes(part), `"${part}" is not in:\n${text}`);
}

try {
  const built = await run(["go", "build", "-o", `${folder}/`, "./cmd/..."], { cwd: join(HERE, "go") });
  if (built.code !== 0) throw new Error(`the Go examples do not build:\n${built.stderr}`);

  for (const language of languages()) {
    for (const [name, check] of Object.entries(SHANNON_CHECKS)) {
      await report(`${language.name} ${name}`, () => check(language));
    }
  }
  for (const [name, check] of Object.entries(SDK_CHECKS)) {
    await report(`sdk ${name}`, async () => check(await ok([NODE, join(HERE, "sdk", `${name}.mjs`)])));
  }
  await report("webhooks receiver", receivesWebhooks);
  await report("every SDK example is checked", async () => {
    const files = (await readdir(join(HERE, "sdk"))).map((file) => file.replace(/\.mjs$/, ""));
    expect(
      files.every((name) => Object.hasOwn(SDK_CHECKS, name)),
      `unchecked: ${files.join(", ")}`,
    );
  });
  await report("curl native", async () => {
    const { stdout } = await ok(["bash", join(HERE, "curl", "native.sh")]);
    expectText(
      stdout,
      "completed: The currency of Japan",
      "sent twice, one task",
      "task.completed",
      "cancelled",
      "found",
    );
  });
  await report("expenses", () => checkExpenses({ ok, expect, expectText }));
} finally {
  const code = await server.stop();
  await rm(folder, { recursive: true, force: true });
  if (code !== 0) {
    failed += 1;
    console.log(`FAILED the server ended with ${code}\n${server.said()}`);
  }
}
console.log(`examples: ${passed} as expected, ${failed} not`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
