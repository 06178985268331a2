/**
 * Agents in motion for tests: the real engine over a store in memory, a clock that the test moves, and a provider behind
 * a real socket that does what its script says.
 */

import { afterEach, beforeEach } from "vitest";
import { z } from "zod";
import type { DaysMoneyOf } from "../src/engine/embedded/days-money.ts";
import { EmbeddedEngine } from "../src/engine/embedded/embedded-engine.ts";
import { Ids, systemRandomBytes } from "../src/engine/ids.ts";
import { VirtualClock } from "../src/engine/virtual-clock.ts";
import { configuredGuardrails, guardrailsConfig } from "../src/guardrails/configuration.ts";
import { OfflineDetectors } from "../src/guardrails/offline/offline-detectors.ts";
import { agentCatalog, agentHandler } from "../src/handlers/agent/agent.ts";
import { assistant, type ConfiguredAgent } from "../src/handlers/agent/definition.ts";
import type { Tool } from "../src/handlers/agent/tool.ts";
import type { ModelsConfigInput } from "../src/models/configuration.ts";
import { createModels } from "../src/models/models.ts";
import { openSqliteStore } from "../src/store/sqlite/store.ts";
import type { Store } from "../src/store/store.ts";
import type { Outgoing } from "../src/task/agent/agent-reach.ts";
import type { EventData, EventType, KnownEvent, TaskEvent } from "../src/task/events/event.ts";
import type { JsonObject } from "../src/task/json/json.ts";
import { type Principal, SCOPES } from "../src/task/principal.ts";
import type { Submission } from "../src/task/submission.ts";
import type { Task } from "../src/task/task.ts";
import { AgentLookup } from "../src/verbs/implementation/agent-lookup.ts";
import { createVerbs } from "../src/verbs/implementation/create-verbs.ts";
import type { Verbs } from "../src/verbs/verbs.ts";
import { awaited } from "./awaited.ts";
import { type ProviderServer, startProviderServer } from "./providers/provider-server.ts";

export const ada: Principal = { tenant: "acme", user: "ada", scopes: new Set(SCOPES), keyId: "key_ada" };

const sentBody = z.looseObject({
  messages: z.array(z.looseObject({ role: z.string(), content: z.unknown() })),
  tools: z.array(z.unknown()).optional(),
});

export type AgentParts = {
  tools?: Tool[];
  agents?: ConfiguredAgent[];
  guardrails?: z.input<typeof guardrailsConfig>;
  daysMoney?: DaysMoneyOf;
  outgoing?: Outgoing;
  /** Else there is one provider, `lab`. */
  models?: ModelsConfigInput;
};

export class AgentLife {
  readonly provider: ProviderServer;
  readonly store: Store;
  readonly clock: VirtualClock;
  /** What the log says of the code of kinds and tools. */
  readonly reported: { message: string; [fact: string]: unknown }[] = [];
  #verbs: Verbs | undefined;
  #pull = () => {};

  constructor(provider: ProviderServer, store: Store, clock: VirtualClock) {
    this.provider = provider;
    this.store = store;
    this.clock = clock;
  }

  get verbs(): Verbs {
    if (this.#verbs === undefined) throw new Error("nothing was started");
    return this.#verbs;
  }

  /** Starts an engine over the store. */
  async start({
    tools = [],
    agents = [assistant],
    guardrails = {},
    daysMoney,
    outgoing,
    models: configured = {
      default: "lab:m1",
      providers: { lab: { type: "openai-compatible", baseUrl: `${this.provider.url}/v1` } },
      prices: { "lab:m1": { input: 1, output: 10 } },
    },
  }: AgentParts = {}): Promise<void> {
    const models = createModels(configured);
    const store = this.#plugged();
    const ids = new Ids(systemRandomBytes);
    const random = () => 0.5;
    const directory = new AgentLookup();
    const engine = new EmbeddedEngine({
      store,
      handlers: [
        agentHandler({
          ...{ models, agents, tools, directory },
          ...(outgoing && { outgoing }),
          guardrails: configuredGuardrails(guardrailsConfig.parse(guardrails), models, new OfflineDetectors()),
        }),
      ],
      clock: this.clock,
      random,
      ids,
      ...(daysMoney && { daysMoney }),
      log: {
        warn: (message, facts) => process.stderr.write(`${message} ${String(facts["error"])}\n`),
        report: (message, facts) => void this.reported.push({ ...facts, message }),
      },
    });
    const catalog = agentCatalog({ models, agents, tools });
    this.#verbs = createVerbs({ engine, store, clock: this.clock, ids, random, catalog });
    directory.over(this.#verbs.agents);
    await engine.start();
  }

  /** The process dies: nothing of it reaches the store any more, and another one starts. */
  async crash(parts: AgentParts = {}): Promise<void> {
    this.#pull();
    await this.start(parts);
  }

  async end(): Promise<void> {
    this.#pull();
    await this.provider.close();
    await this.store.close();
  }

  async submit(input: JsonObject, more: Partial<Submission> = {}, by = ada): Promise<string> {
    return (await this.verbs.tasks.submit(by, "native", { kind: "agent", input, ...more })).task.id;
  }

  task(id: string): Promise<Task> {
    return this.verbs.tasks.get(ada, id);
  }

  log(id: string): Promise<TaskEvent[]> {
    return this.verbs.tasks.events(ada, id, 0, 1_000);
  }

  async types(id: string): Promise<string[]> {
    return (await this.log(id)).map(({ type }) => type);
  }

  /** The data of the task's events of a type. */
  async eventsOf<Type extends EventType>(id: string, type: Type): Promise<EventData[Type][]> {
    const ofType = (event: TaskEvent): event is TaskEvent & KnownEvent<Type> => event.type === type && !event.custom;
    return (await this.log(id)).filter(ofType).map(({ data }) => data);
  }

  /** Follows the log until an event of that type was there so often, or to its end. */
  async until(id: string, type?: string, count = 1): Promise<Task> {
    const stop = new AbortController();
    const followed = async () => {
      let seen = 0;
      for await (const batch of this.verbs.tasks.follow(ada, id, 0, stop.signal)) {
        seen += batch.filter((event) => event.type === type).length;
        if (type !== undefined && seen >= count) break;
      }
    };
    try {
      await awaited(type === undefined ? "the task's end" : `${type} of the task, ${count} times`, followed());
    } finally {
      stop.abort();
    }
    return this.task(id);
  }

  async completed(id: string): Promise<Task & { state: "completed" }> {
    const ended = await this.until(id);
    if (ended.state !== "completed") throw new Error(JSON.stringify(ended));
    return ended;
  }

  /** The sentence that the task failed with. */
  async failed(id: string): Promise<string> {
    const ended = await this.until(id);
    if (ended.state !== "failed") throw new Error(JSON.stringify(ended));
    return ended.error.message;
  }

  /** Moves the clock once what is under way has come to rest. */
  advance(ms: number): Promise<void> {
    return this.clock.advance(ms, settle);
  }

  /** What the n-th request to the provider said. */
  sent(n: number): z.infer<typeof sentBody> {
    return sentBody.parse(this.provider.requests[n - 1]?.body);
  }

  /** The texts of the tool results in that request. */
  results(n: number): unknown[] {
    return this.sent(n).messages.flatMap(({ role, content }) => (role === "tool" ? [content] : []));
  }

  #plugged(): Store {
    let pulled = false;
    this.#pull = () => {
      pulled = true;
    };
    return new Proxy(this.store, {
      get(target, name) {
        const verb: unknown = Reflect.get(target, name);
        if (typeof verb !== "function") return verb;
        return (...given: unknown[]) => (pulled ? new Promise(() => {}) : Reflect.apply(verb, target, given));
      },
    });
  }
}

/** Gives every test of the file a life of its own. */
export function agentLife(): { readonly current: AgentLife } {
  let life: AgentLife | undefined;
  beforeEach(async () => {
    const clock = new VirtualClock(Date.UTC(2026, 10, 22, 12));
    life = new AgentLife(
      await startProviderServer(),
      await openSqliteStore(":memory:", { clock: () => clock.now() }),
      clock,
    );
  });
  afterEach(() => life?.end());
  return {
    get current() {
      if (life === undefined) throw new Error("outside of a test");
      return life;
    },
  };
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 60; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** What a scripted model does. */
export const calling = (...calls: [name: string, input: Record<string, unknown> | string][]) => ({
  kind: "tool_calls" as const,
  calls: calls.map(([name, input], index) => ({ id: `c${index}`, name, arguments: input })),
});
export const saying = (text: string) => ({ kind: "answer" as const, text });
export const adding = (expression: string) => calling(["calculator", { expression }]);
