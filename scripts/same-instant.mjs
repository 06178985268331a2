// Two people act on one task at the same instant, again and again: on work of kind human by the BPM API, and on the question
// of an agent by every pair of APIs. One must win, the other must be told of a conflict, and everybody must see by whom.
// usage: node scripts/same-instant.mjs [ROUNDS]     1,000 by itself
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { NODE, startServer } from "./start-server.mjs";

const ROUNDS = Number(process.argv[2] ?? 1_000);
const EXPENSES = fileURLToPath(new URL("../examples/expenses/waybill.config.ts", import.meta.url));
const WAYBILL = fileURLToPath(new URL("../server/bin/waybill.js", import.meta.url));
const PEOPLE = ["fay", "gil"];
/** A claim above the limit: the agent asks finance once. */
const REPORT = "date,place,reason,nights,rate,amount\n2016-11-20,Canberra,sittings,5,276.00,1380.00";
/** Commands take a second each. */
const COMMAND_ROUNDS = 6;

const server = await startServer({ flags: ["--config", EXPENSES] });
const keys = {};
const failures = [];

async function ask(user, method, path, body) {
  const key = user === null ? {} : { Authorization: `Bearer ${keys[user]}` };
  const answer = await fetch(server.url + path, {
    method,
    headers: { "Content-Type": "application/json", ...key },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: answer.status, body: await answer.json() };
}

/** Each says yes, and whether that was taken: true, false for a conflict, or what else came. */
const APIS = {
  async bpm(user, { number }) {
    const { status, body } = await ask(user, "PUT", `/bpm/api/4.0/tasks/${number}`, { action: { id: "APPROVE" } });
    return status === 200 || (status === 409 && body.title === "Conflict" ? false : `${status} ${body.detail}`);
  },
  async native(user, { id }) {
    const { status, body } = await ask(user, "POST", `/v1/tasks/${id}/acts`, { act: "decide", outcome: "approve" });
    return status === 200 || (status === 409 ? false : `${status} ${JSON.stringify(body)}`);
  },
  async a2a(user, { id }) {
    const message = { kind: "message", role: "user", messageId: `${user}-${id}`, taskId: id };
    const parts = [{ kind: "text", text: "approve" }];
    const params = { message: { ...message, parts }, configuration: { blocking: false } };
    const { body } = await ask(user, "POST", "/a2a/expenses", {
      jsonrpc: "2.0",
      id: 1,
      method: "message/send",
      params,
    });
    return body.error === undefined || (body.error.code < 0 ? false : JSON.stringify(body.error));
  },
  cli: (user, { id }) =>
    new Promise((resolve) => {
      const env = { ...process.env, WAYBILL_URL: server.url, WAYBILL_API_KEY: keys[user] };
      const child = spawn(NODE, [WAYBILL, "approve", id], { env, stdio: "ignore" });
      child.once("close", (code) => resolve(code === 0));
    }),
};

async function round(name, task, [one, other]) {
  const [first, second] = await Promise.all([APIS[one](PEOPLE[0], task), APIS[other](PEOPLE[1], task)]);
  const { body: ended } = await ask(null, "GET", `/v1/tasks/${task.id}?wait=20`);
  const { body: history } = await ask(null, "GET", `/v1/tasks/${task.id}/history`);
  const by = history.data.filter(({ act }) => act === "decide" || act === "answer").map((entry) => entry.by);
  const winner = PEOPLE[first === true ? 0 : 1];
  const isRight =
    [first, second].toSorted().join() === "false,true" && ended.state === "completed" && by.join() === winner;
  if (!isRight) failures.push(`${name}: ${one} ${first}, ${other} ${second}, ${ended.state}, decided by ${by.join()}`);
}

const human = { kind: "human", input: { title: "Pay the taxi?", assignees: [{ type: "group", id: "finance" }] } };
const question = { kind: "agent", input: { agent: "expenses", query: REPORT } };

async function asking() {
  const { body: task } = await ask(null, "POST", "/v1/tasks", question);
  const { body } = await ask(null, "GET", `/v1/tasks/${task.id}?wait=20`);
  return body;
}

try {
  for (const user of PEOPLE) {
    const made = { name: user, user, scopes: ["tasks"], groups: ["finance"] };
    keys[user] = (await ask(null, "POST", "/v1/keys", made)).body.secret;
  }
  const began = performance.now();
  for (let n = 0; n < ROUNDS; n++) {
    const { body: task } = await ask(null, "POST", "/v1/tasks", human);
    await round(`human ${n}`, task, ["bpm", "bpm"]);
  }
  console.log(`${ROUNDS} tasks of people, BPM and BPM: ${Math.round(performance.now() - began)} ms`);
  const names = ["bpm", "native", "a2a"];
  const pairs = names.flatMap((one) => names.map((other) => [one, other]));
  for (let n = 0; n < Math.max(pairs.length, ROUNDS / 4); n++) {
    await round(`question ${n}`, await asking(), pairs[n % pairs.length]);
  }
  for (let n = 0; n < COMMAND_ROUNDS; n++) {
    const other = names[n % names.length];
    await round(`command ${n}`, await asking(), n % 2 ? ["cli", other] : [other, "cli"]);
  }
  console.log(`questions of an agent by ${pairs.length} pairs of APIs, and ${COMMAND_ROUNDS} by the command line too`);
} finally {
  await server.stop();
}
for (const failure of failures.slice(0, 10)) console.log(`FAILED ${failure}`);
console.log(`same instant: ${failures.length} rounds went wrong`);
process.exitCode = failures.length === 0 ? 0 : 1;
