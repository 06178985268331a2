/**
 * One agent's run: the plan, then turns of a model call and the tools that it asks for, until the model answers. Every call is a
 * journaled step, so a later attempt returns to its turn without asking anything again.
 */
import { z } from "zod";
import type { ModelCall, Models, PromptTurn } from "../../models/model.ts";
import type { AgentInput, AgentOutput, Citation } from "../../task/agent/agent.ts";
import { attachmentsOf } from "../../task/agent/agent-message.ts";
import type { Outgoing } from "../../task/agent/agent-reach.ts";
import { INPUT_REJECTED } from "../../task/agent/guardrails.ts";
import type { Context } from "../../task/handler.ts";
import { type AttachmentFiles, withBytes } from "./attachment.ts";
import { BudgetWatch } from "./budget.ts";
import type { AgentDirectory } from "./directory.ts";
import { shortened } from "./excerpt.ts";
import { askFitting } from "./fitting-prompt.ts";
import { type AskedCall, askModel, isCapped, type ModelTurn, type ModelTurnOptions } from "./model-turn.ts";
import type { PersonAllowance } from "./person.ts";
import { type Agents, type Plan, planRun } from "./plan.ts";
import { buildPrompt } from "./prompt.ts";
import { type GuardrailParts, RunGuard } from "./run-guard.ts";
import { defineTool, type Tool } from "./tool.ts";
import { type CallParts, carryOut, judged, type OfferedTools, type Outcome } from "./tool-call.ts";
import { askPersonTool } from "./tools/ask-person.ts";
import { consultAgentTool } from "./tools/consult-agent.ts";

export type AgentParts = {
  models: Models;
  agents: Agents;
  /** Null if there are no agents but these. */
  directory: AgentDirectory | null;
  /** Every tool of the server by name. */
  tools: ReadonlyMap<string, Tool>;
  /** Names of the tools of an agent whose definition names none, for the owner of this task. */
  builtInTools: (task: Context["task"]) => Promise<readonly string[]>;
  /** The tool that searches these vector stores only; null if there are no documents. */
  searchIn: (vectorStores: readonly string[]) => Tool | null;
  /** Null if no attachment is in a file. */
  files: AttachmentFiles | null;
  /** Null if tools reach no other server. */
  outgoing: Outgoing | null;
  guardrails: GuardrailParts;
};

/** Questions and approvals that one task may ask of people. */
export const PERSON_ASKS_MAX = 10;
const CALLS_PER_TURN_MAX = 16;
/** After so many turns in a row in which every call failed, the model must answer without tools. */
const FAILED_TURNS_MAX = 3;
const CONTINUATIONS_MAX = 3;
const CITATIONS_MAX = 50;
const STATUS_CHARS_MAX = 100;
const RETRIES = { simple: 1, standard: 3 } as const;
const HISTORY = { byDefault: 50, min: 5, max: 200 } as const;

const cutNotice = "[The answer ends here because the model reached its output limit.]";

/** Runs the agent that the input names and returns its answer. */
export async function runAgent(ctx: Context, input: AgentInput, parts: AgentParts): Promise<AgentOutput> {
  const plan = await planned(ctx, input, parts);
  const budgets = new BudgetWatch();
  const guard = new RunGuard(plan.guardrails ?? {}, parts.guardrails.detectors, budgets);
  const attachments = await withBytes(attachmentsOf(input), parts.files);
  if (await guard.blocks(ctx, input, attachments)) return rejected(ctx, plan, guard);
  const history = await guard.history(ctx, await historyOf(ctx, input));
  const offered = offeredTools(plan, parts);
  const offers = [...offered.values()].map(offerOf);
  const people: PersonAllowance = { left: PERSON_ASKS_MAX, answerWithinMs: input.answerWithinMs ?? null };
  const { files, outgoing } = parts;
  const carrying: CallParts = { tools: offered, people, guard, attachments: files, plan, outgoing };
  const { parameters } = input;
  const capped = isCapped({ parameters });
  const transcript: PromptTurn[] = [];
  const answer = new Answer();
  const sources = new Sources();
  const asking = { tenant: ctx.task.tenant, model: plan.model, tools: offers };
  let failedTurns = 0;
  let toolCalls = 0;

  for (let turn = 1; ; turn++) {
    const lastTurn = turn >= plan.maxTurns;
    const mustAnswer = lastTurn || failedTurns >= FAILED_TURNS_MAX;
    if (plan.mode === "standard") think(ctx, turn, plan, input, transcript);
    const build = (charsMax: number) =>
      buildPrompt(
        {
          instructions: [
            ...[input.instructions ?? "", plan.instructions, moment(ctx)],
            mustAnswer && turn > 1 ? answerNow : "",
          ],
          ...{ query: input.query, attachments, history, transcript },
        },
        charsMax,
      );
    const said = await askFitting(build, parts.models.contextTokens(plan.model), async (prompt, suffix) =>
      askModel(ctx, `model ${turn}${suffix}`, {
        ...{ models: parts.models, agent: plan.agent, retries: RETRIES[plan.mode], mustAnswer, turn },
        ...{ budgets, call: callOf({ ...asking, prompt }, { mustAnswer, parameters }) },
        ...{ judge: (call: AskedCall) => judged(call, offered) },
        ...{ guard: guard.output, tail: answer.tail, mayContinue: !lastTurn && answer.pieces < CONTINUATIONS_MAX },
      }),
    );
    guard.note(said.guarded);
    const calls = mustAnswer ? [] : said.calls;

    if (calls.length > 0) {
      if (said.text.trim() !== "") answered(ctx, said.text, said, false);
      const outcomes = await carryOutAll(ctx, turn, calls, carrying);
      toolCalls += outcomes.length;
      for (const { guarded } of outcomes) guard.note(guarded);
      sources.add(outcomes);
      failedTurns = outcomes.every(({ isError }) => isError) ? failedTurns + 1 : 0;
      transcript.push(...exchange(said, calls, outcomes));
      continue;
    }
    answer.add(said);
    if (said.finish === "length" && !capped && !lastTurn && answer.pieces <= CONTINUATIONS_MAX) {
      transcript.push(
        { role: "assistant", text: said.text + (said.tail?.text ?? "") },
        { role: "user", text: "Continue exactly where you stopped." },
      );
      continue;
    }
    const text = said.finish === "length" && !capped ? `${answer.text}\n\n${cutNotice}` : answer.text;
    answered(ctx, text, { ...said, ...answer.totals }, true);
    ctx.emit({ type: "agent.completed", data: { agent: "" } });
    return { ...outputOf(said, sources), text, ranAs: plan.mode, turns: turn, toolCalls, ...guard.report };
  }
}

/** The output of a run, from its last model call and the passages that were read. */
function outputOf({ model, provider, generation }: ModelTurn, { citations }: Sources) {
  return {
    ...{ model, provider },
    ...(citations.length > 0 && { citations }),
    ...(generation && { generation }),
  };
}

/** The model call of one turn. */
function callOf(
  asked: Pick<ModelCall, "tenant" | "model" | "prompt" | "tools">,
  { mustAnswer, parameters }: { mustAnswer: boolean; parameters: AgentInput["parameters"] },
): ModelTurnOptions["call"] {
  return {
    ...asked,
    ...(mustAnswer && asked.tools.length > 0 && { toolChoice: "none" as const }),
    ...(parameters && { parameters }),
  };
}

/** The answer to an input that guardrails keep from the model. */
function rejected(ctx: Context, plan: Plan, guard: RunGuard): AgentOutput {
  const at = plan.model.indexOf(":");
  const [provider, model] = [plan.model.slice(0, at), plan.model.slice(at + 1)];
  const nothing = { inputTokens: 0, outputTokens: 0, costUsd: 0, durationMs: 0 };
  answered(ctx, INPUT_REJECTED, { model, provider, ...nothing }, true);
  ctx.emit({ type: "agent.completed", data: { agent: "" } });
  return { text: INPUT_REJECTED, model, provider, ranAs: plan.mode, turns: 0, toolCalls: 0, ...guard.report };
}

function offerOf({ name, description, inputSchema }: Tool) {
  return { name, description, inputSchema };
}

const answerNow = "No more tools can be called now. Answer with what you have, and say what is missing.";

/** A model's answer in one or more calls, each continuing where the last one reached its limit. */
class Answer {
  text = "";
  pieces = 0;
  /** The end of the last piece, not yet checked. */
  tail: ModelTurn["tail"];
  totals = { inputTokens: 0, outputTokens: 0, costUsd: 0 as number | null, durationMs: 0 };

  add(said: ModelTurn): void {
    const { totals } = this;
    this.text += said.text;
    this.tail = said.tail;
    this.pieces++;
    this.totals = {
      inputTokens: totals.inputTokens + said.inputTokens,
      outputTokens: totals.outputTokens + said.outputTokens,
      costUsd: totals.costUsd === null || said.costUsd === null ? null : totals.costUsd + said.costUsd,
      durationMs: totals.durationMs + said.durationMs,
    };
  }
}

/** Passages that the tools of a run have read, each once, best first. */
class Sources {
  #byPassage = new Map<string, Citation>();

  get citations(): Citation[] {
    return [...this.#byPassage.values()].sort((a, b) => b.score - a.score).slice(0, CITATIONS_MAX);
  }

  add(outcomes: readonly Outcome[]): void {
    for (const citation of outcomes.flatMap(({ citations = [] }) => citations)) {
      const passage = JSON.stringify([citation.vectorStore, citation.file, citation.page, citation.text]);
      const known = this.#byPassage.get(passage);
      if (!known || known.score < citation.score) this.#byPassage.set(passage, citation);
    }
  }
}

function planned(ctx: Context, input: AgentInput, parts: AgentParts): Promise<Plan> {
  return ctx.step(
    "plan",
    async (step) => {
      const plan = await planRun(input, { ...parts, builtInTools: () => parts.builtInTools(ctx.task) });
      if (plan.asked !== plan.mode) {
        const reason = `This server runs ${plan.asked} tasks as ${plan.mode}.`;
        step.emit({ type: "agent.mode_changed", data: { asked: plan.asked, ran: plan.mode, reason } });
      }
      step.emit({ type: "agent.started", data: { agent: "", mode: plan.mode, model: plan.model } });
      return plan;
    },
    { retries: 0 },
  );
}

/** Messages of the conversation before this task, as many as were asked for. */
async function historyOf(ctx: Context, input: AgentInput): ReturnType<Context["history"]> {
  const wanted = historyWindow(input.historyMessages);
  return wanted === 0 || ctx.task.conversation === null ? [] : ctx.history(wanted);
}

/** How many messages a run sees: none for 0, else within the bounds. */
function historyWindow(asked: number | undefined): number {
  if (asked === 0) return 0;
  return Math.min(HISTORY.max, Math.max(HISTORY.min, asked ?? HISTORY.byDefault));
}

function offeredTools(plan: Plan, { tools, directory, searchIn }: AgentParts): OfferedTools {
  const { collaborators = [], knowledgeBases = [] } = plan;
  const limited = knowledgeBases.length === 0 ? null : searchIn(knowledgeBases);
  const offered = plan.tools.map((name) => (limited?.name === name ? limited : (tools.get(name) ?? goneTool(name))));
  const ofTheRun = [
    ...(plan.asksPerson ? [askPersonTool] : []),
    ...(collaborators.length > 0 ? [consultAgentTool(collaborators, directory, plan.guardrails)] : []),
  ];
  return new Map([...offered, ...ofTheRun].map((tool) => [tool.name, tool]));
}

/** Stands for a tool that this server had when the task began, so that the journal still fits. */
function goneTool(name: string): Tool {
  return defineTool({
    name,
    description: "No longer there.",
    input: z.looseObject({}),
    run: () => {
      throw new Error("this server no longer has it");
    },
  });
}

async function carryOutAll(
  ctx: Context,
  turn: number,
  calls: readonly AskedCall[],
  carrying: CallParts,
): Promise<Outcome[]> {
  const [first, ...others] = calls.slice(0, CALLS_PER_TURN_MAX);
  const excess = calls.slice(CALLS_PER_TURN_MAX).map(
    (): Outcome => ({
      output: `Only ${CALLS_PER_TURN_MAX} calls fit one turn: this one was not made.`,
      isError: true,
    }),
  );
  if (first === undefined) return [];
  if (others.length === 0) return [await carryOut(ctx, `${turn}.1`, first, carrying)];
  const branches = [first, ...others].map((call, index): [string, (branch: Context) => Promise<Outcome>] => [
    String(index + 1),
    (branch) => carryOut(branch, `${turn}.${index + 1}`, call, carrying),
  ]);
  const outcomes = await ctx.parallel<Record<string, Outcome>>(Object.fromEntries(branches));
  return [...branches.flatMap(([key]) => outcomes[key] ?? []), ...excess];
}

/** The turn and its results for the next prompt. Ids are made unique: some models repeat theirs. */
function exchange(
  { text, reasoning }: ModelTurn,
  calls: readonly AskedCall[],
  outcomes: readonly Outcome[],
): PromptTurn[] {
  const files = outcomes.flatMap((outcome) => outcome.files ?? []);
  const seen = new Set<string>();
  const shown = calls.map((call, index) => {
    const id = call.id === "" || seen.has(call.id) ? `${call.id}-${index + 1}` : call.id;
    seen.add(id);
    return { ...call, id };
  });
  return [
    {
      role: "assistant",
      text,
      ...(reasoning && { reasoning }),
      toolCalls: shown.map(({ id, name, input, problem, state }) => ({
        ...{ id, name, input },
        ...(problem !== null && { invalid: problem }),
        ...(state && { state }),
      })),
    },
    {
      role: "tool",
      results: shown.map(({ id, name }, index) => ({
        id,
        name,
        output: outcomes[index]?.output ?? "",
        isError: outcomes[index]?.isError ?? true,
      })),
    },
    ...(files.length > 0 ? [{ role: "user" as const, text: "The files that came with that answer.", files }] : []),
  ];
}

function answered(
  ctx: Context,
  text: string,
  said: Pick<ModelTurn, "model" | "provider" | "inputTokens" | "outputTokens" | "costUsd" | "durationMs">,
  final: boolean,
): void {
  const { model, provider, inputTokens, outputTokens, costUsd, durationMs } = said;
  const data = { agent: "", text, final, model, provider, inputTokens, outputTokens, costUsd, durationMs };
  ctx.emit({ type: "agent.answered", data });
}

function think(ctx: Context, turn: number, plan: Plan, input: AgentInput, transcript: readonly PromptTurn[]): void {
  const text = shortened(statusOf(input, transcript), STATUS_CHARS_MAX);
  ctx.emit({ type: "agent.thinking", data: { agent: "", text } });
  if (turn > 1) ctx.progress((turn - 1) / plan.maxTurns, `Turn ${turn} of at most ${plan.maxTurns}`);
}

function statusOf(input: AgentInput, transcript: readonly PromptTurn[]): string {
  const last = transcript.at(-1);
  if (last === undefined) return `Thinking about: ${input.query}`;
  if (last.role !== "tool") return "Continuing the answer";
  return `Reading what ${[...new Set(last.results.map(({ name }) => name))].join(", ")} returned`;
}

/** Not from a locale, which would make a formatter for each prompt. */
const WEEKDAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/** The date of the submit, which is the same in every later attempt. */
function moment(ctx: Context): string {
  const at = new Date(ctx.task.createdAt);
  return `Current date: ${WEEKDAYS[at.getUTCDay()]}, ${at.toISOString().slice(0, 16).replace("T", " ")} UTC, when the task was given.`;
}
