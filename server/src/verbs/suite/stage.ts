/** The common part of the stories about verbs: verbs over an engine and a store in memory, callers, and tasks that do as told. */
import { z } from "zod";
import { EmbeddedEngine } from "../../engine/embedded/embedded-engine.ts";
import { Ids, systemRandomBytes } from "../../engine/ids.ts";
import { VirtualClock } from "../../engine/virtual-clock.ts";
import { humanHandler } from "../../handlers/human/human.ts";
import { openSqliteStore } from "../../store/sqlite/store.ts";
import type { Store } from "../../store/store.ts";
import { agentDefinition } from "../../task/agent/agent.ts";
import { documentInputs } from "../../task/documents/document.ts";
import { defineHandler, type Handler, TaskFailure } from "../../task/handler.ts";
import type { JsonObject } from "../../task/json/json.ts";
import { Directory, directoryConfig } from "../../task/people/directory.ts";
import type { Identity } from "../../task/people/identity.ts";
import { type Principal, SCOPES, type Scope } from "../../task/principal.ts";
import type { Submission } from "../../task/submission.ts";
import type { Task } from "../../task/task.ts";
import type { AgentCatalog } from "../implementation/agent-verbs.ts";
import { createVerbs } from "../implementation/create-verbs.ts";
import type { Receivers } from "../implementation/subscription-verbs.ts";
import type { Verbs } from "../verbs.ts";

export const ada = principal("ada", ["tasks"]);
export const bob = principal("bob", ["tasks"]);
/** Sees everything of all users of the tenant, and has every other scope. */
export const admin = principal("root", [...SCOPES]);
export const stranger: Principal = { ...principal("ada", [...SCOPES]), tenant: "elsewhere" };

/** Bob reports to cyd. */
const DIRECTORY = {
  users: [
    { id: "bob", tenant: "acme", name: "Bob Brown", manager: "cyd", groups: ["clerks"] },
    { id: "cyd", tenant: "acme", firstName: "Cyd", lastName: "Charisse", email: "cyd@acme.example", roles: ["head"] },
  ],
};

/** How long a task of kind `sleeps` sleeps, twice. */
export const NIGHT_MS = 8 * 3_600_000;

export const never = new AbortController().signal;

export class Stage {
  readonly verbs: Verbs;
  readonly clock: VirtualClock;
  readonly store: Store;
  /** Resolve it to let tasks of kind `hold` end. */
  readonly hold = Promise.withResolvers<void>();
  readonly #engine: EmbeddedEngine;

  private constructor(store: Store, clock: VirtualClock) {
    const ids = new Ids(systemRandomBytes);
    const random = () => 0.5;
    this.store = store;
    this.clock = clock;
    const log = { warn: (message: string) => process.stderr.write(`${message}\n`) };
    const handlers = [...kinds(this.hold.promise), ...documentKinds(store, this.hold.promise)];
    const directory = new Directory(directoryConfig.parse(DIRECTORY));
    const escalatesTo = (task: Task) => directory.escalationOf(task);
    this.#engine = new EmbeddedEngine({ store, handlers, clock, random, ids, log, escalatesTo });
    const catalog: AgentCatalog = {
      configured: [agentDefinition.parse({ slug: "assistant", name: "Assistant" })],
      tools: [{ name: "calculator", description: "Calculates.", inputSchema: { type: "object" } }],
      modelProblem: (model) => (model.startsWith("local:") ? null : `There is no model ${model}.`),
    };
    const receivers: Receivers = {
      formats: new Set(["native"]),
      checkUrl: async () => {},
      tried: async () => ({ status: 200, error: null, ms: 1 }),
    };
    this.verbs = createVerbs({ engine: this.#engine, store, clock, ids, random, catalog, directory, receivers });
  }

  static async open(): Promise<Stage> {
    const clock = new VirtualClock(Date.UTC(2026, 0, 1));
    const store = await openSqliteStore(":memory:", { clock: () => clock.now() });
    const stage = new Stage(store, clock);
    await stage.#engine.start();
    return stage;
  }

  async close(): Promise<void> {
    this.hold.resolve();
    await this.#engine.stop(0);
    await this.store.close();
  }

  /** A task of ada's unless said otherwise, by the native lens. */
  async submit(kind: string, more: Partial<Submission> = {}, who = ada): Promise<string> {
    return (await this.verbs.tasks.submit(who, "native", { kind, input: {}, ...more })).task.id;
  }

  async ended(id: string, who = ada): Promise<Task> {
    for await (const _ of this.verbs.tasks.follow(who, id, 0, never));
    return this.verbs.tasks.get(who, id);
  }
}

/** Documents are not read here: tasks return what they are given, and a file named `hold` holds its task. */
function documentKinds(store: Store, held: Promise<void>): Handler[] {
  return [
    defineHandler({
      kind: "file_processing",
      input: documentInputs.file_processing,
      run: async (ctx, { document: key, ...asked }) => {
        await ctx.step("read", async () => {
          const document = await store.documents.document(key);
          if (document?.filename === "hold") await held;
          return null;
        });
        return { asked };
      },
    }),
    ...(["vectorization", "vector_store_creation", "vector_store_deletion"] as const).map((kind) =>
      defineHandler({ kind, input: z.unknown(), run: async () => ({}) }),
    ),
    defineHandler({
      kind: "document_analysis",
      input: documentInputs.document_analysis,
      run: async (_, { analyses }) => ({ produced: analyses }),
    }),
  ];
}

function principal(user: string, scopes: Scope[]): Principal {
  return { tenant: "acme", user, scopes: new Set(scopes), keyId: `key_${user}` };
}

function kinds(held: Promise<void>): Handler[] {
  const any = z.json() as z.ZodType<Submission["input"]>;
  return [
    defineHandler({ kind: "echo", input: any, run: (ctx, input) => ctx.step("echo", async () => input) }),
    defineHandler({
      kind: "chat",
      input: z.strictObject({ text: z.string() }),
      present: ({ text }) => ({ title: text, message: [{ text }] }),
      run: async () => null,
    }),
    defineHandler({
      kind: "ask",
      input: any,
      run: async (ctx) =>
        (await ctx.waitForInput("colour", { asks: "answer", prompt: "Which colour?" }))?.value ?? null,
    }),
    defineHandler({
      kind: "fails",
      input: any,
      run: async (ctx) => {
        await ctx.step("done", async () => "kept");
        throw new TaskFailure("no", "It cannot be done.");
      },
    }),
    defineHandler({
      kind: "sleeps",
      input: any,
      reply: () => [{ text: "Good morning." }],
      run: async (ctx) => {
        for (const night of ["first", "second"]) await ctx.sleep(night, NIGHT_MS);
        return null;
      },
    }),
    defineHandler({ kind: "hold", input: any, run: (ctx) => ctx.step("hold", () => held.then(() => null)) }),
    humanHandler(),
    defineHandler({
      kind: "asks_finance",
      input: any,
      run: async (ctx) => {
        const schema: JsonObject = { type: "object", properties: { amount: { type: "number" } }, required: ["amount"] };
        const candidates: Identity[] = [{ type: "group", id: "finance" }];
        const answer = await ctx.waitForInput("amount", { asks: "answer", prompt: "How much?", schema, candidates });
        return answer === null ? null : { said: answer.value, by: answer.by };
      },
    }),
    defineHandler({ kind: "external", input: any, queueOf: () => "gpu", run: async () => null }),
  ];
}
