/** What the stories about deliveries share: a store, time that moves, receivers that listen on sockets, and tasks. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { VirtualClock } from "../../engine/virtual-clock.ts";
import { GuardedClient } from "../../outgoing/guarded-client.ts";
import { Reach } from "../../outgoing/reach.ts";
import { openSqliteStore } from "../../store/sqlite/store.ts";
import type { Store } from "../../store/store.ts";
import { complete, decided, submit } from "../../store/suite/life.suite.ts";
import { newTask, START } from "../../store/suite/new-task.suite.ts";
import type { PushFormat, Subscription } from "../../task/subscription.ts";
import type { Task } from "../../task/task.ts";
import type { Sender } from "../attempt.ts";
import { Delivery, type DeliveryParts } from "../delivery.ts";

export type Received = { seq: number; subscription: string; attempt: number };

/** Listens on this machine; answers what `behave` says, and keeps what it has answered with 200. */
export class Receiver {
  readonly server: Server;
  readonly taken: Received[] = [];
  readonly all: Received[] = [];
  behave: (got: Received, response: ServerResponse) => void = (_, response) => response.end();
  url = "";

  constructor() {
    this.server = createServer((request, response) => void this.#take(request, response));
  }

  async open(): Promise<this> {
    this.server.listen(0, "127.0.0.1");
    await once(this.server, "listening");
    const address = this.server.address();
    this.url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}/hook`;
    return this;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [seq = "", subscription = "", attempt = ""] = Buffer.concat(await request.toArray())
      .toString()
      .split(" ");
    const got = { seq: Number(seq), subscription, attempt: Number(attempt) };
    this.all.push(got);
    response.on("finish", () => response.statusCode === 200 && this.taken.push(got));
    this.behave(got, response);
  }
}

/** Says the number of each event, and for whom it is. */
export const plain: PushFormat = {
  name: "plain",
  attemptsMax: 8,
  failuresMax: 20,
  notificationOf: async ({ seq, subscription, attempt }) => ({
    contentType: "text/plain",
    body: `${seq} ${subscription.id} ${attempt}`,
    headers: {},
  }),
};

/** Ten times what any story takes. */
const STEPS_MAX = 4_000;
/** For so many looks, 2 ms apart at least, time stands still. */
const LOOKS_MAX = 100;

let made = 0;

export function subscriptionOf(task: Task, url: string, fields: Partial<Subscription> = {}): Subscription {
  made++;
  return {
    ...{ key: `00000000-0000-7000-8000-${String(made).padStart(12, "0")}`, id: `s${made}`, task: task.id },
    ...{ standing: null, tenant: task.tenant, user: task.user, version: 1, done: false },
    ...{ url, format: "plain", events: null, secrets: { token: "t0ps3cret" }, settings: {}, chooses: null, cursor: 0 },
    ...{
      announces: false,
      state: "active",
      reason: null,
      attempts: 0,
      dueAt: null,
      failures: 0,
      error: null,
      givenUp: null,
    },
    ...{ createdAt: START, updatedAt: START },
    ...fields,
  };
}

type Bounds = Pick<DeliveryParts, "cursorsMax">;

export class Stage {
  readonly clock = new VirtualClock(START);
  readonly attempts: string[] = [];
  /** What was said of those that were disabled. */
  readonly disabled: Record<string, unknown>[] = [];
  store: Store;
  delivery: Delivery;
  readonly #client = new GuardedClient(Reach.everywhere);
  /** Of what was asked of receivers, how much there was so far, how much is under way, and how much there was when time went on. */
  #asked = 0;
  #underWay = 0;
  #unanswered = 0;
  readonly #formats: PushFormat[];
  readonly #random: () => number;
  readonly #bounds: Bounds;

  private constructor(store: Store, formats: PushFormat[], random: () => number, bounds: Bounds) {
    this.store = store;
    this.#formats = formats;
    this.#random = random;
    this.#bounds = bounds;
    this.delivery = this.#delivery();
  }

  static async open(formats = [plain], random = () => 0.5, bounds: Bounds = {}): Promise<Stage> {
    const stage = new Stage(await openSqliteStore(":memory:"), formats, random, bounds);
    await stage.delivery.start();
    return stage;
  }

  async close(): Promise<void> {
    await this.delivery.stop();
    await this.#client.close();
    await this.store.close();
  }

  /** As a crash does it: what was under way is broken off and not written down. */
  async restart(): Promise<void> {
    await this.delivery.stop();
    this.delivery = this.#delivery();
    await this.delivery.start();
  }

  /** A task that has ended, with a log of `events` entries or a few more. */
  async endedTask(events: number): Promise<Task> {
    let task = await submit(this.store, newTask());
    const go = async (...commands: Parameters<typeof decided>[1][]) => {
      for (const command of commands) {
        const change = decided(task, command);
        await this.store.apply([change]);
        task = change.task;
      }
    };
    while (task.lastSeq < events - 3) await go({ do: "pause", by: "ada", reason: "" }, { do: "resume", by: "ada" });
    await go(...complete(task));
    return task;
  }

  async subscribe(task: Task, url: string, fields: Partial<Subscription> = {}): Promise<Subscription> {
    const subscription = subscriptionOf(task, url, fields);
    const audit = {
      tenant: task.tenant,
      at: START,
      user: "ada",
      keyId: "k",
      act: "x",
      task: task.id,
      origin: null,
      detail: {},
    };
    await this.store.subscriptions.put(subscription, audit);
    return subscription;
  }

  /** Of all tasks that are submitted from then on. */
  async standing(url: string, fields: Partial<Subscription> = {}): Promise<Subscription> {
    const subscription = { ...subscriptionOf(newTask(), url, fields), task: null, chooses: { everybody: true } };
    const audit = {
      tenant: subscription.tenant,
      at: START,
      user: "ada",
      keyId: "k",
      act: "x",
      task: null,
      origin: null,
      detail: {},
    };
    await this.store.subscriptions.put(subscription, audit);
    return subscription;
  }

  /** Where it is in a task. */
  async cursor({ key }: Subscription, { id }: Task): Promise<Subscription> {
    return this.now({ key: `${key}_${id}` });
  }

  /** Another worker over the same store, or this one once more under its own name. */
  async another(holder = "b"): Promise<Delivery> {
    const other = this.#delivery(holder);
    await other.start();
    return other;
  }

  async now({ key }: Pick<Subscription, "key">): Promise<Subscription> {
    const found = await this.store.subscriptions.get(key);
    if (!found) throw new Error("It is gone.");
    return found;
  }

  /** Lets time go on, second by second, until it is so. */
  async until(isSo: () => boolean | Promise<boolean>, stepMs = 1_000): Promise<void> {
    for (let step = 0; !(await isSo()); step++) {
      if (step === STEPS_MAX) throw new Error(`After ${STEPS_MAX} steps of ${stepMs} ms it is not so: ${isSo}`);
      await this.clock.advance(stepMs, () => this.#settle());
    }
  }

  /** Time waits for what is asked of receivers, and once for those that do not answer. */
  async #settle(): Promise<void> {
    const waits = () => this.#underWay > 0 && this.#asked !== this.#unanswered;
    for (let look = 0; look === 0 || (waits() && look < LOOKS_MAX); look++)
      await new Promise((done) => setTimeout(done, 2));
    if (this.#underWay > 0) this.#unanswered = this.#asked;
  }

  readonly #sender: Sender = {
    tell: async (...given) => {
      this.#underWay += 1;
      this.#asked += 1;
      try {
        return await this.#client.tell(...given);
      } finally {
        this.#underWay -= 1;
      }
    },
  };

  #delivery(holder = "a"): Delivery {
    return new Delivery({
      holder,
      store: this.store,
      sender: this.#sender,
      formats: this.#formats,
      clock: this.clock,
      random: this.#random,
      ...this.#bounds,
      log: {
        warn: (_, facts) => "webhook" in facts && this.disabled.push(facts),
        attempted: (_, outcome) => this.attempts.push(outcome),
      },
    });
  }
}
