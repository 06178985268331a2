// Runs the programs that a published page of the Shannon API prints, as they stand but for the task id, against a server
// on the port that they name.
// usage: node server/test/page/run.mjs     SHANNON_PAGE=… is the page's text; PYTHON=… a Python that has httpx
import { spawn } from "node:child_process";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort, startServer } from "../../../scripts/start-server.mjs";
import { checkPage, PROGRAMS, programOf } from "./programs.mjs";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const BESIDE_THE_CHECKOUT = join(HERE, "../../../../shared/seeds/004_4fd3af116a775399.txt");
const PAGE = process.env.SHANNON_PAGE ?? BESIDE_THE_CHECKOUT;
const PYTHON = process.env.PYTHON ?? "python3";
const PORT_ON_THE_PAGE = 8080;
const PROGRAM_MS_MAX = 60_000;
const UNKNOWN = "task_00000000000000000000000000";

const CHECKS = {
  curl: {
    ids: (tasks) => [tasks.done],
    run: (file) => ["bash", file],
    expect: (said) => said.includes('"status":"TASK_STATUS_COMPLETED"') && said.includes("Paris"),
  },
  "python status": {
    ids: (tasks) => [tasks.done],
    run: (file) => [PYTHON, file],
    expect: (said) => /^Status: TASK_STATUS_COMPLETED\nResult: .*Paris/.test(said),
  },
  "python poll": {
    ids: (tasks) => [tasks.soon],
    run: (file) => [PYTHON, file],
    expect: (said) => /^Result: .*Nairobi/.test(said),
  },
  "javascript status": {
    ids: (tasks) => [tasks.done],
    run: (file) => ["node", file],
    expect: (said) => /^Status: TASK_STATUS_COMPLETED\nResult: .*Paris/.test(said),
  },
  "javascript poll": {
    ids: (tasks) => [tasks.soon],
    // On the page it follows the program that requires axios.
    run: (file) => ["node", "--require", join(HERE, "axios-global.cjs"), file],
    expect: (said) => /^Result: .*Nairobi/.test(said),
  },
  "go poll": {
    ids: (tasks) => [tasks.soon],
    run: (file) => ["go", "run", file],
    expect: (said) => /^Result: map\[result:.*Nairobi/.test(said),
  },
  "bash monitor": {
    ids: (tasks) => [tasks.soon],
    run: (file, [task]) => ["bash", file, task],
    expect: (said) => said.includes("TASK_STATUS_QUEUED") && /Task completed!\n\n.*Nairobi/.test(said),
  },
  "python submit and wait": {
    ids: () => [],
    run: (file) => [PYTHON, file],
    expect: (said) => /^Task submitted: task_\w{26}\n.{20,}/s.test(said),
  },
  "python summary": {
    ids: (tasks) => [tasks.done],
    run: (file) => [PYTHON, join(HERE, "with_names.py"), file],
    expect: (said) => said === "COMPLETED: What is the capital of France?...\n",
  },
  "python batch": {
    ids: (tasks) => [tasks.done, tasks.cancelled, tasks.done, tasks.later, UNKNOWN],
    run: (file) => [PYTHON, join(HERE, "with_names.py"), file],
    expect: (said, [done, cancelled, , later, unknown]) =>
      said.includes(`${done}: TASK_STATUS_COMPLETED\n`) &&
      said.includes(`${cancelled}: TASK_STATUS_CANCELLED\n`) &&
      said.includes(`${later}: TASK_STATUS_QUEUED\n`) &&
      said.includes(`${unknown}: ERROR: 'status'\n`),
  },
  "python every state": {
    ids: (tasks) => [tasks.done],
    run: (file, [task], earlier) => [PYTHON, join(HERE, "with_names.py"), file, earlier, "", task, "sk_test_123456"],
    expect: (said) => /^Result: .*Paris/.test(said),
  },
  "python backoff": {
    ids: (tasks) => [tasks.soon],
    run: (file, [task], earlier) => [
      ...[PYTHON, join(HERE, "with_names.py"), file, earlier],
      ...["poll_with_backoff(task_id, api_key)['status']", task, "sk_test_123456"],
    ],
    expect: (said) => said === "TASK_STATUS_COMPLETED\n",
  },
  "python cache": {
    ids: (tasks) => [tasks.done],
    run: (file, _ids, earlier) => [PYTHON, join(HERE, "with_names.py"), file, earlier, "status['status']"],
    expect: (said) => said === "TASK_STATUS_COMPLETED\n",
  },
  "python metadata": {
    ids: (tasks) => [tasks.done],
    run: (file, [task], earlier) => [
      ...[PYTHON, join(HERE, "with_names.py"), file, earlier],
      ...["extract_task_info(task_id, api_key)", task, "sk_test_123456"],
    ],
    expect: (said) => said.includes("'has_result': True, 'has_error': False"),
  },
};

const ENDINGS = { python: "py", javascript: "cjs", go: "go", bash: "sh" };

const page = await readFile(PAGE, "utf8").catch((error) => {
  if (error.code !== "ENOENT" || process.env.SHANNON_PAGE !== undefined) throw error;
  return null;
});
if (page === null) {
  console.log("page: its text is not on this machine, so nothing ran. SHANNON_PAGE names it.");
} else {
  checkPage(page);
  process.exitCode = (await runAll()) ? 0 : 1;
}

async function runAll() {
  const folder = await mkdtemp(join(tmpdir(), "waybill-page-"));
  const server = await startServer({ port: await freePort(), shannonPort: PORT_ON_THE_PAGE });
  let failed = 0;
  try {
    for (const file of ["package.json", "package-lock.json"]) await copyFile(join(HERE, file), join(folder, file));
    await mustRun(["npm", "ci", "--silent"], folder);
    const steady = {
      done: await submit(server, "What is the capital of France?", { wait: 20 }),
      cancelled: await submit(server, "Never", { delayMs: 3_600_000 }),
      later: await submit(server, "Later", { delayMs: 3_600_000 }),
    };
    await fetch(`${server.url}/v1/tasks/${steady.cancelled}/cancel`, { method: "POST" });

    for (const [name, check] of Object.entries(CHECKS)) {
      const began = performance.now();
      const soon = await submit(server, "What is the capital of Kenya?", { delayMs: 1_000 });
      const ids = check.ids({ ...steady, soon });
      const file = await writeProgram(folder, name, ids);
      const { needs } = PROGRAMS[name];
      const earlier = needs === undefined ? undefined : await writeProgram(folder, needs, ids);
      const { code, stdout, stderr } = await run(check.run(file, ids, earlier), folder);
      const right = code === 0 && check.expect(stdout, ids);
      if (right) console.log(`ok     ${name} (${Math.round(performance.now() - began)} ms)`);
      else console.log(`FAILED ${name}, ended with ${code}:\n${stdout}${stderr}`);
      if (!right) failed += 1;
    }
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
  console.log(`page: ${Object.keys(CHECKS).length - failed} programs as expected, ${failed} not`);
  return failed === 0;

  async function writeProgram(folder, name, ids) {
    const file = join(folder, `${name.replaceAll(" ", "-")}.${ENDINGS[PROGRAMS[name].language]}`);
    await writeFile(file, programOf(page, name, ids));
    return file;
  }
}

async function submit({ url }, query, { wait, delayMs }) {
  const answer = await fetch(`${url}/v1/tasks${wait === undefined ? "" : `?wait=${wait}`}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ input: { query }, ...(delayMs !== undefined && { delay_ms: delayMs }) }),
  });
  const body = await answer.json();
  if (!answer.ok) throw new Error(`submit: ${JSON.stringify(body)}`);
  return body.id;
}

async function mustRun(command, cwd) {
  const { code, stderr } = await run(command, cwd);
  if (code !== 0) throw new Error(`${command.join(" ")} ended with ${code}:\n${stderr}`);
}

function run([program, ...args], cwd) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...process.env, NODE_PATH: join(cwd, "node_modules") },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: PROGRAM_MS_MAX,
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
      reject(error.code === "ENOENT" ? new Error(`this machine has no ${program}, which the page needs`) : error);
    });
    child.once("close", (code, signal) => resolve({ code: code ?? signal, stdout, stderr }));
  });
}
