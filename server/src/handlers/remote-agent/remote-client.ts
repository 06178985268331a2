/**
 * A client of another server's agent over A2A 1.0 or 0.3, JSON-RPC or HTTP, as its card prefers. The protocol's own library speaks;
 * this adds the card's address, credentials and bounds. The library is loaded at the first use: a server that asks nobody starts
 * without it.
 */
import type { Client } from "@a2a-js/sdk/client";
import type { Fetch } from "../../task/agent/agent-reach.ts";
import type { Part } from "../../task/part.ts";
import type { RemotePlace } from "./input.ts";
import { asRemoteError, errorOfStatus, RemoteError } from "./remote-error.ts";
import {
  type RemoteAnswer,
  type RemoteEvent,
  type RemoteTask,
  readAnswer,
  readEvent,
  readTask,
  taskOf,
} from "./remote-task.ts";

/** Without which the other side is not asked: it must not wait for ever. */
const ONCE_HEADER = "Idempotency-Key";
const CARD_PATHS = ["agent-card.json", "agent.json"] as const;

export type Said = {
  /** The same in every try, so that a server which looks for repeats finds one. */
  messageId: string;
  parts: readonly Part[];
  contextId: string;
  /** The task that this continues. */
  taskId?: string;
};

export class RemoteClient {
  readonly #client: Client;
  readonly #signal: AbortSignal;
  readonly streams: boolean;

  private constructor(client: Client, streams: boolean, signal: AbortSignal) {
    this.#client = client;
    this.streams = streams;
    this.#signal = signal;
  }

  /** Reads the card. `signal` ends all requests of this client. Rejects with `RemoteError`, as all its methods do. */
  static async open(place: RemotePlace, fetch: Fetch, signal: AbortSignal): Promise<RemoteClient> {
    const { ClientFactory, DefaultAgentCardResolver, JsonRpcTransportFactory, RestTransportFactory } = await import(
      "@a2a-js/sdk/client"
    );
    const options = { fetchImpl: credentialed(place, fetch, signal), legacyCompat: { enabled: true } };
    const cards = new DefaultAgentCardResolver(options);
    const factory = new ClientFactory({
      transports: [new JsonRpcTransportFactory(options), new RestTransportFactory(options)],
      cardResolver: cards,
      clientConfig: { polling: true },
    });
    return said(async () => {
      const card = await firstCard(cardUrls(place.url), (url) => cards.resolve(url, ""));
      const client = await factory.createFromAgentCard(card);
      return new RemoteClient(client, card.capabilities?.streaming === true, signal);
    });
  }

  /** Resolves as soon as the other side has taken the message, if it can do so. */
  send({ messageId, parts, contextId, taskId }: Said): Promise<RemoteAnswer> {
    return said(async () => {
      const { SendMessageRequest, SendMessageResponse } = await import("@a2a-js/sdk");
      const message = {
        messageId,
        role: "ROLE_USER",
        parts: parts.map(sent),
        ...(contextId !== "" && { contextId }),
        ...(taskId !== undefined && { taskId }),
      };
      const request = SendMessageRequest.fromJSON({ message, configuration: { returnImmediately: true } });
      // A server that knows this header, as another Waybill does, takes the message once.
      const once = { serviceParameters: { [ONCE_HEADER]: contextId === "" ? `${messageId}-alone` : messageId } };
      const answer = await this.#client.sendMessage(request, { ...this.#options(), ...once });
      const isTask = "status" in answer;
      const payload = isTask ? { $case: "task" as const, value: answer } : { $case: "message" as const, value: answer };
      return readAnswer(SendMessageResponse.toJSON({ payload }));
    });
  }

  /** Rejects also when the answer is about another task. */
  get(id: string): Promise<RemoteTask> {
    return said(async () => {
      const { Task } = await import("@a2a-js/sdk");
      const found = await this.#client.getTask({ id, tenant: "", historyLength: 1 }, this.#options());
      const task = readTask(Task.toJSON(found));
      if (task.id === id) return task;
      throw new RemoteError(
        "remote_refused",
        `The other agent was asked for its task ${id} and told of another.`,
        false,
      );
    });
  }

  /** The events of a task, beginning with its present state. Ends when the other side ends it. Events of other tasks are left out. */
  async *follow(id: string): AsyncGenerator<RemoteEvent> {
    try {
      const { StreamResponse } = await import("@a2a-js/sdk");
      for await (const told of this.#client.resubscribeTask({ id, tenant: "" }, this.#options())) {
        const event = readEvent(StreamResponse.toJSON(told));
        if (taskOf(event) === id || "message" in event) yield event;
      }
    } catch (error) {
      throw asRemoteError(error);
    }
  }

  /** An ended or unknown task is left as it is. */
  async cancel(id: string): Promise<void> {
    await said(async () => {
      await this.#client.cancelTask({ id, tenant: "", metadata: undefined }, this.#options());
    }).catch((error: unknown) => {
      if (!(error instanceof RemoteError) || error.code !== "remote_refused") throw error;
    });
  }

  #options() {
    return { signal: this.#signal };
  }
}

async function said<Result>(ask: () => Promise<Result>): Promise<Result> {
  try {
    return await ask();
  } catch (error) {
    throw asRemoteError(error);
  }
}

/** Credentials go to their origin only: a card may name any other. */
function credentialed({ url, headers }: RemotePlace, fetch: Fetch, signal: AbortSignal): Fetch {
  const { origin } = new URL(url);
  return async (input, init = {}) => {
    const target = new URL(input instanceof Request ? input.url : input);
    const all = new Headers(init.headers);
    if (target.origin === origin) for (const [name, value] of Object.entries(headers)) all.set(name, value);
    const answer = await fetch(target, { ...init, headers: all, signal: init.signal ?? signal });
    const refused = errorOfStatus(answer.status, answer.headers.get("retry-after"), target.host);
    if (refused === null) return answer;
    await answer.body?.cancel();
    throw refused;
  };
}

function cardUrls(url: string): string[] {
  const base = new URL(url);
  if (base.pathname.endsWith(".json")) return [url];
  if (!base.pathname.endsWith("/")) base.pathname += "/";
  return CARD_PATHS.map((path) => new URL(`.well-known/${path}`, base).href);
}

/** The first card that can be read; the error of the first when none can. */
async function firstCard<Card>(urls: readonly string[], resolve: (url: string) => Promise<Card>): Promise<Card> {
  const errors: unknown[] = [];
  for (const url of urls) {
    try {
      return await resolve(url);
    } catch (error) {
      errors.push(error);
    }
  }
  throw errors[0];
}

function sent(part: Part): Record<string, unknown> {
  const common = {
    ...(part.name !== undefined && { filename: part.name }),
    ...(part.mediaType !== undefined && { mediaType: part.mediaType }),
    ...(part.metadata && { metadata: part.metadata }),
  };
  if ("text" in part) return { text: part.text, ...common };
  if ("data" in part) return { data: part.data, ...common };
  if ("bytes" in part.file) return { raw: part.file.bytes, ...common };
  if ("url" in part.file) return { url: part.file.url, ...common };
  throw new RemoteError(
    "too_large",
    `${part.name ?? "An attachment"} is too large to be sent to another agent.`,
    false,
  );
}
