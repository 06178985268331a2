/**
 * A server for clients of the Shannon API: the offline model as ever, and an agent `scripted` whose model is a local
 * provider that does what the query says, so that a test can stop it anywhere.
 *
 * `hold` calls a tool that does not return before `release`; `stall` begins to answer and falls silent; `fail` is
 * refused by the provider; `ask` puts a question to a person; anything else is answered with "Hello."
 */
import { z } from "zod";
import { defineAgent, defineTool } from "../src/index.ts";
import { type Behaviour, type ProviderRequest, startProviderServer } from "./providers/provider-server.ts";
import { startTestServer, type TestServer, type TestServerOptions } from "./server.ts";

const REQUESTS_MAX = 1_000;

export type ShannonServer = TestServer & {
  /** Resolves once the tool of a `hold` task runs. */
  held: () => Promise<void>;
  /** Lets the tool that is held return. */
  release: () => void;
};

export async function startShannonServer(options: TestServerOptions = {}): Promise<ShannonServer> {
  const provider = await startProviderServer();
  provider.script(...Array.from({ length: REQUESTS_MAX }, () => behaviourFor));
  let entered = Promise.withResolvers<void>();
  let gate = Promise.withResolvers<void>();
  const hold = defineTool({
    name: "hold",
    description: "Returns when it is told to.",
    input: z.object({}),
    run: async (_, { signal }) => {
      const left = Promise.withResolvers<void>();
      signal.addEventListener("abort", () => left.resolve(), { once: true });
      entered.resolve();
      await Promise.race([gate.promise, left.promise]);
      return "released";
    },
  });
  const server = await startTestServer({
    ...options,
    config: {
      agents: [
        defineAgent({ slug: "assistant", name: "Assistant" }),
        defineAgent({
          slug: "scripted",
          name: "Scripted",
          model: "scripted:test-model",
          tools: ["hold"],
          asksPerson: true,
        }),
      ],
      tools: [hold],
      models: {
        providers: { scripted: { type: "openai-compatible", baseUrl: `${provider.url}/v1` } },
        prices: { "scripted:test-model": { input: 1, output: 2 } },
      },
      ...options.config,
    },
  });
  return {
    ...server,
    held: async () => {
      await entered.promise;
      entered = Promise.withResolvers<void>();
    },
    release: () => {
      gate.resolve();
      gate = Promise.withResolvers<void>();
    },
    stop: async () => {
      gate.resolve();
      await server.stop();
      await provider.close();
    },
  };
}

const message = z.looseObject({ role: z.string(), content: z.unknown() });

function behaviourFor(request: ProviderRequest): Behaviour {
  const messages = z.array(message).parse(request.body["messages"]);
  const asked = messages.findLast(({ role }) => role === "user");
  const query = JSON.stringify(asked?.content ?? "");
  const afterTool = messages.at(-1)?.role === "tool";
  if (query.includes("stall")) return { kind: "stall", text: "Wait for it" };
  if (query.includes("fail")) return { kind: "status", status: 400, message: "the scripted failure" };
  if (afterTool) return { kind: "answer", text: `It said: ${JSON.stringify(messages.at(-1)?.content)}` };
  if (query.includes("hold")) return { kind: "tool_calls", calls: [{ id: "call_1", name: "hold", arguments: {} }] };
  if (query.includes("ask")) {
    const question = { question: "Which of the two?" };
    return { kind: "tool_calls", calls: [{ id: "call_1", name: "ask_person", arguments: question }] };
  }
  return { kind: "answer", text: "Hello." };
}
