/**
 * Another server with an agent: the protocol's own library on a real socket, in both versions and both bindings. What its agent
 * does stands in the text that it is asked. `peer.ts` starts it in a process of its own, tells it what to let go on and
 * is told what it hears.
 */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type AgentCard, Artifact, Message, Role, Task, TaskState, type TaskStatusUpdateEvent } from "@a2a-js/sdk";
import {
  AgentEvent,
  type AgentExecutor,
  DefaultRequestHandler,
  type ExecutionEventBus,
  InMemoryTaskStore,
  type RequestContext,
} from "@a2a-js/sdk/server";
import { jsonRpcHandler, restHandler, UserBuilder } from "@a2a-js/sdk/server/express";
import express from "express";
import { z } from "zod";

const told = z.union([z.object({ release: z.string() }), z.object({ cut: z.literal(true) })]);

class PeerServer {
  readonly #releases = new Map<string, () => void>();
  /** Told before the work that waits for it had begun. */
  readonly #early = new Set<string>();
  readonly #app = express();
  readonly #server: Server;
  #origin = "";

  constructor() {
    this.#server = createServer(this.#app);
  }

  async start(): Promise<void> {
    this.#server.listen(0, "127.0.0.1");
    await once(this.#server, "listening");
    const address = this.#server.address();
    this.#origin = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
    this.#mount();
    process.on("message", (message) => {
      const asked = told.parse(message);
      if ("cut" in asked) return this.#server.closeAllConnections();
      const release = this.#releases.get(asked.release);
      if (release) release();
      else this.#early.add(asked.release);
    });
    process.on("disconnect", () => process.exit());
    process.send?.({ origin: this.#origin });
  }

  #mount(): void {
    const requestHandler = new DefaultRequestHandler(
      cardOf(this.#origin, true),
      new InMemoryTaskStore(),
      this.#executor(),
    );
    const options = { requestHandler, userBuilder: UserBuilder.noAuthentication, legacyCompat: { enabled: true } };
    this.#app.get("/cards/:binding/:streams/.well-known/agent-card.json", ({ params }, response) => {
      const { binding = "", streams } = params;
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(wireCard(binding, this.#origin, streams === "streams")));
    });
    this.#app.use((request, _response, next) => {
      process.send?.({ authorization: request.headers.authorization ?? "" });
      next();
    });
    this.#app.use("/rpc", jsonRpcHandler(options));
    this.#app.use("/http", restHandler(options));
  }

  #executor(): AgentExecutor {
    return {
      execute: async (context, bus) => {
        const said = context.userMessage;
        const text = said.parts
          .map(({ content }) => (content?.$case === "text" ? content.value : `[${content?.$case}]`))
          .join(" ");
        process.send?.({ heard: { messageId: said.messageId, taskId: said.taskId, text } });
        await new Turn(context, bus, (name) => this.#held(name)).play(
          context.task ? "answered" : (text.split(" ")[0] ?? ""),
          text,
        );
        bus.finished();
      },
      cancelTask: async (taskId, bus) => {
        process.send?.({ cancelled: taskId });
        bus.publish(AgentEvent.statusUpdate(status(taskId, "", TaskState.TASK_STATE_CANCELED, "Stopped.")));
        bus.finished();
      },
    };
  }

  #held(name: string): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (this.#early.has(name)) resolve();
    this.#releases.set(name, resolve);
    return promise;
  }
}

class Turn {
  readonly #task: string;
  readonly #context: string;
  readonly #bus: ExecutionEventBus;
  readonly #held: (name: string) => Promise<void>;

  constructor({ taskId, contextId }: RequestContext, bus: ExecutionEventBus, held: (name: string) => Promise<void>) {
    this.#task = taskId;
    this.#context = contextId;
    this.#bus = bus;
    this.#held = held;
  }

  async play(what: string, text: string): Promise<void> {
    if (what === "message") {
      const message = { messageId: "m", role: "ROLE_AGENT", parts: [{ text: "Only words." }] };
      this.#bus.publish(AgentEvent.message(Message.fromJSON(message)));
      return;
    }
    const begun = { id: this.#task, contextId: this.#context, status: { state: "TASK_STATE_WORKING" } };
    this.#bus.publish(AgentEvent.task(Task.fromJSON(begun)));
    if (what === "slow") {
      this.#artifact("Half ", false);
      await this.#held(text);
      this.#artifact("and half.", true);
    }
    if (what === "quick") this.#artifact("All of it.", false);
    if (what === "ask") return this.#status(TaskState.TASK_STATE_INPUT_REQUIRED, "Which colour?");
    if (what === "login") return this.#status(TaskState.TASK_STATE_AUTH_REQUIRED, "Sign in at the door.");
    if (what === "fail") return this.#status(TaskState.TASK_STATE_FAILED, "The kettle is empty.");
    if (what === "reject") return this.#status(TaskState.TASK_STATE_REJECTED, "Not my work.");
    this.#status(TaskState.TASK_STATE_COMPLETED, what === "answered" ? `Painted: ${text}` : "Done.");
  }

  #status(state: TaskState, text: string): void {
    this.#bus.publish(AgentEvent.statusUpdate(status(this.#task, this.#context, state, text)));
  }

  #artifact(text: string, append: boolean): void {
    const artifact = Artifact.fromJSON({ artifactId: "out", name: "out.txt", parts: [{ text }] });
    const ids = { taskId: this.#task, contextId: this.#context, metadata: undefined };
    this.#bus.publish(AgentEvent.artifactUpdate({ ...ids, artifact, append, lastChunk: append }));
  }
}

function status(taskId: string, contextId: string, state: TaskState, text: string): TaskStatusUpdateEvent {
  const message = Message.fromJSON({ messageId: `${taskId}-${state}`, role: "ROLE_AGENT", parts: [{ text }] });
  message.role = Role.ROLE_AGENT;
  const at = new Date().toISOString();
  return { taskId, contextId, status: { state, message, timestamp: at }, metadata: undefined };
}

const DESCRIPTION = { name: "Peer", description: "Does as it is told.", version: "1" };
const MODES = { defaultInputModes: ["text/plain"], defaultOutputModes: ["text/plain"], skills: [] };

function cardOf(origin: string, streaming: boolean): AgentCard {
  return {
    ...DESCRIPTION,
    ...MODES,
    supportedInterfaces: ["1.0", "0.3"].flatMap((protocolVersion) => [
      { url: `${origin}/rpc`, protocolBinding: "JSONRPC", tenant: "", protocolVersion },
      { url: `${origin}/http`, protocolBinding: "HTTP+JSON", tenant: "", protocolVersion },
    ]),
    capabilities: { streaming, extensions: [] },
    provider: undefined,
    securitySchemes: {},
    securityRequirements: [],
    signatures: [],
  };
}

/** As it stands on the wire. */
function wireCard(binding: string, origin: string, streaming: boolean): unknown {
  const [version = "", transport = ""] = binding.split(" ");
  const url = transport === "HTTP" ? `${origin}/http` : `${origin}/rpc`;
  const protocol = transport === "HTTP" ? "HTTP+JSON" : "JSONRPC";
  const common = { ...DESCRIPTION, ...MODES, capabilities: { streaming } };
  if (version === "0.3") return { ...common, url, preferredTransport: protocol, protocolVersion: "0.3.0" };
  return { ...common, supportedInterfaces: [{ url, protocolBinding: protocol, protocolVersion: "1.0" }] };
}

await new PeerServer().start();
