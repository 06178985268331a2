import { type Json, type JsonObject, type Submission, TaskEnded, TaskNeedsInput, type Waybill } from "@waybill/sdk";
import { type Command, Option } from "commander";
import { MULTITASK_STRATEGIES, type MultitaskStrategy } from "../../task/agent/multitask.ts";
import { isUuid } from "../../task/id.ts";
import { answerCommands } from "../answer.ts";
import { durationMs, type GivenJson, givenJson, pair, wholeNumber } from "../arguments.ts";
import { addConnectionFlags, type ConnectionFlags, talkTo } from "../connection.ts";
import { BAD_USAGE, Exit } from "../exit.ts";
import { EXITS_HELP, STATE_EXITS } from "../state-exit.ts";
import { submitBatch } from "../submit-batch.ts";
import { isPiped, readStdin } from "../terminal/stdin.ts";
import { openTerminal, type Terminal } from "../terminal/terminal.ts";
import { watchTask, writeOutput } from "../watch-task.ts";

type Flags = ConnectionFlags & {
  kind: string;
  input?: GivenJson;
  agent?: string;
  model?: string;
  mode?: string;
  conversation?: string;
  multitask?: MultitaskStrategy;
  priority?: number;
  delay?: number;
  deadline?: number;
  metadata?: Record<string, string>;
  idempotencyKey?: string;
  watch?: boolean;
  wait?: boolean;
  json?: boolean;
  batch?: string;
};

/** `waybill submit`: hands in work and prints its id. */
export function addSubmit(program: Command): void {
  addConnectionFlags(
    program
      .command("submit")
      .description(
        "submit a task and print its id; the text is what an agent is asked, from stdin when it is not given",
      )
      .argument("[text...]", "what the agent is asked; - reads stdin")
      .option("-k, --kind <KIND>", "kind of work", "agent")
      .option("-i, --input <JSON|@FILE>", "the kind's whole input as JSON; @- reads stdin", givenJson)
      .option("-a, --agent <SLUG>", "which agent, see: waybill agents")
      .option("-m, --model <PROVIDER:MODEL>", "the model, instead of the agent's own")
      .option("--mode <MODE>", "simple (one call) or standard (with tools)")
      .option("-c, --conversation <NAME|ID>", "go on with a conversation; a new name begins one")
      .addOption(
        new Option("--multitask <STRATEGY>", "how it stands to the open tasks of its conversation").choices(
          MULTITASK_STRATEGIES,
        ),
      )
      .option("-p, --priority <N>", "-100 to 100, higher first", wholeNumber)
      .option("--delay <TIME>", "do not start before: 30s, 5m, 2h, 1d", durationMs)
      .option("--deadline <TIME>", "time out when it has not ended by then", durationMs)
      .option("--metadata <KEY=VALUE>", "a label of yours, repeatable", pair)
      .option("--idempotency-key <KEY>", "the same key again, within 24 h, is the same task")
      .option("--batch <FILE>", 'many tasks: each line is one as JSON, {"kind", "input", …}; - reads stdin')
      .option("-w, --watch", "watch it until it ends")
      .option("--wait", "wait for its end and print its output")
      .option("--json", "print the task as JSON; with --watch its events, one a line"),
  )
    .addHelpText("after", `\n${EXITS_HELP}\nWithout --watch and --wait: 0 once it is on the server's disk.`)
    .addHelpText(
      "after",
      "\nExamples:\n" +
        '  waybill submit "What is the capital of France?" --wait\n' +
        "  waybill submit --watch < question.txt\n" +
        "  waybill submit --deadline 1h --kind external \\\n" +
        '    --input \'{"queue": "ocr", "payload": {"page": 3}}\'',
    )
    .action(async (words: string[], flags: Flags) => {
      const { batch } = flags;
      if (batch !== undefined) {
        await talkTo(flags, (client) => submitBatch(client, batch, openTerminal()));
        return;
      }
      const submission = await submissionOf(words, flags);
      await talkTo(flags, (client) => submit(client, submission, flags, openTerminal()));
    });
}

async function submit(client: Waybill, submission: Submission, flags: Flags, terminal: Terminal): Promise<void> {
  const { out, talk } = terminal;
  const { idempotencyKey } = flags;
  const handle = await client.submit(submission, idempotencyKey === undefined ? {} : { idempotencyKey });
  if (flags.watch) {
    talk.write(`${handle.id}\n`);
    process.exitCode = await watchTask(client, handle.id, { json: flags.json, exitStatus: true }, terminal);
    return;
  }
  if (!flags.wait) {
    out.write(flags.json ? `${JSON.stringify(await handle.get())}\n` : `${handle.id}\n`);
    if (out.live && !flags.json) talk.write(talk.style("dim", `Watch it: waybill watch ${handle.id.slice(-8)}\n`));
    return;
  }
  talk.write(`${handle.id}\n`);
  try {
    const output = await handle.result({ onInputRequired: "reject" });
    if (flags.json) out.write(`${JSON.stringify(await handle.get())}\n`);
    else writeOutput(output, out);
  } catch (error) {
    if (!(error instanceof TaskEnded || error instanceof TaskNeedsInput)) throw error;
    const { state, input_required } = error.task;
    if (flags.json) out.write(`${JSON.stringify(error.task)}\n`);
    const todo = input_required === null ? "" : `\n${answerCommands(input_required.asks, handle.id)}`;
    throw new Exit(STATE_EXITS[state], error.message + todo);
  }
}

async function submissionOf(words: readonly string[], flags: Flags): Promise<Submission> {
  const { kind, conversation, multitask, priority, delay, deadline, metadata } = flags;
  return {
    kind,
    input: kind === "agent" ? await agentInputOf(words, flags) : inputOf(words, flags),
    ...(conversation !== undefined && {
      conversation: isUuid(conversation) ? { id: conversation } : { alias: conversation },
    }),
    ...(multitask !== undefined && { multitask_strategy: multitask }),
    ...(priority !== undefined && { priority }),
    ...(delay !== undefined && { delay_ms: delay }),
    ...(deadline !== undefined && { deadline_ms: deadline }),
    ...(metadata !== undefined && { metadata }),
  };
}

async function agentInputOf(
  words: readonly string[],
  { input: given, agent, model, mode }: Flags,
): Promise<JsonObject> {
  const input = given?.json;
  if (input !== undefined && (typeof input !== "object" || input === null || Array.isArray(input))) {
    throw new Exit(BAD_USAGE, '--input of an agent is a JSON object such as {"query": "…"}.');
  }
  const stdin = words.length === 1 && words[0] === "-";
  const asked = words.length > 0 && !stdin ? words.join(" ") : "";
  const query = asked !== "" || (!stdin && (input?.["query"] !== undefined || !isPiped())) ? asked : await readStdin();
  const whole: JsonObject = {
    ...input,
    ...(query !== "" && { query }),
    ...(agent !== undefined && { agent }),
    ...(model !== undefined && { model }),
    ...(mode !== undefined && { mode }),
  };
  if (whole["query"] === undefined) {
    throw new Exit(BAD_USAGE, 'There is nothing to ask. Give it as words: waybill submit "…", or on stdin.');
  }
  return whole;
}

function inputOf(words: readonly string[], { kind, input: given, agent, model, mode }: Flags): Json {
  const input = given?.json;
  if (agent !== undefined || model !== undefined || mode !== undefined) {
    throw new Exit(BAD_USAGE, `--agent, --model and --mode are for kind agent, not for ${kind}.`);
  }
  if (words.length > 0)
    throw new Exit(BAD_USAGE, `Kind ${kind} takes no words: give its input as --input JSON or @FILE.`);
  if (input === undefined) throw new Exit(BAD_USAGE, `Kind ${kind} needs its input: --input JSON or @FILE.`);
  return input;
}
