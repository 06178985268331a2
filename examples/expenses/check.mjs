// Plays the example through: the report goes in by the SDK, and each question is answered by another API, the last one by
// two at the same moment. `npm run examples -- expenses`
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Waybill } from "@waybill/sdk";
import { NODE, startServer } from "../../scripts/start-server.mjs";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const WAYBILL = join(HERE, "../../server/bin/waybill.js");

/** `ok` runs a command that must succeed, `expect` and `expectText` throw. */
export async function checkExpenses({ ok, expect, expectText }) {
  const server = await startServer({ flags: ["--config", join(HERE, "waybill.config.ts")] });
  try {
    const client = new Waybill({ baseUrl: server.url });
    const report = await readFile(join(HERE, "report.csv"), "utf8");
    const task = await client.submit({ kind: "agent", input: { agent: "expenses", query: report } });
    const by = answers(server.url, task.id, ok);

    expectText(await asked(task), "1380.00 AUD for 5 nights in Canberra", "from 2016-09-11");
    const [item, ...others] = (await by.bpm("GET", "/tasks?assignment=GROUP")).body.items;
    expect(others.length === 0 && item.taskId === task.id, "the question is in the worklist of finance");
    expect((await by.bpm("PUT", `/tasks/${item.number}`, decision("APPROVE"))).status === 200, "approved by BPM");

    expectText(await asked(task, "2016-10-08"), "from 2016-10-08");
    expect((await by.a2a("reject")).error === undefined, "rejected by A2A");

    expectText(await asked(task, "2016-11-06"), "from 2016-11-06");
    await by.cli("approve", "Parliament sat.");

    expectText(await asked(task, "2016-11-20"), "from 2016-11-20");
    const act = { act: "decide", outcome: "approve", comment: "By Waybill's own API." };
    const [own, bpm] = await Promise.all([
      client.human.act(task.id, act).then(
        () => 200,
        (error) => error.status,
      ),
      by.bpm("PUT", `/tasks/${item.number}`, decision("APPROVE")).then(({ status }) => status),
    ]);
    expect([own, bpm].toSorted().join() === "200,409", `two at once: ${own} and ${bpm}`);

    const said = await task.text();
    expectText(
      said,
      "36 of 37 claims are paid, 19870.00 AUD in all.",
      "4 were above the limit and decided by developer.",
    );
    const [decisions] = await task.artifacts();
    expectText(decisions.parts[0].text, "2016-10-08,Canberra,1380.00 AUD,refused,developer", '"Parliament sat."');
    const answered = (await client.human.history(task.id)).filter(({ act }) => act === "decide" || act === "answer");
    expect(
      answered.length === 4 && answered.every(({ by }) => by === "developer"),
      "everybody sees by whom, once each",
    );
  } finally {
    await server.stop();
  }
}

const decision = (id) => ({ action: { id }, comment: { commentStr: "By the BPM API." } });

/** The open question; of one that comes after another, once it says `about`. */
async function asked(task, about = "") {
  for (;;) {
    const { input_required: question, state } = await task.get({ waitS: 10 });
    if (question?.text.includes(about)) return question.text;
    if (question === null && state === "failed") throw new Error("the agent failed");
  }
}

/** The ways to answer. */
function answers(url, id, ok) {
  const json = async (method, path, body) => {
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch(url + path, { method, headers, ...(body && { body: JSON.stringify(body) }) });
    return { status: answer.status, body: await answer.json() };
  };
  return {
    bpm: (method, path, body) => json(method, `/bpm/api/4.0${path}`, body),
    a2a: async (text) => {
      const message = {
        kind: "message",
        role: "user",
        messageId: `answer-${id}`,
        taskId: id,
        parts: [{ kind: "text", text }],
      };
      const params = { message, configuration: { blocking: false } };
      return (await json("POST", "/a2a/expenses", { jsonrpc: "2.0", id: 1, method: "message/send", params })).body;
    },
    cli: (...words) => ok([NODE, WAYBILL, words[0], id, ...words.slice(1), "--url", url]),
  };
}
