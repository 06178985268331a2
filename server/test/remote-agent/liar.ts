/** A server that speaks A2A 1.0 and says of its task what it should not. What that is stands in the text that it is asked. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { z } from "zod";

const asked = z.object({
  id: z.unknown(),
  method: z.string(),
  params: z.looseObject({
    id: z.string().optional(),
    message: z.looseObject({ parts: z.array(z.looseObject({ text: z.string() })) }).optional(),
  }),
});

const task = (id: string, state: string, more: object = {}) => ({
  ...{ id, contextId: "c", status: { state: `TASK_STATE_${state}` } },
  ...more,
});
const artifact = (artifactId: string, text: string) => ({ artifactId, parts: [{ text }] });

/** What is answered to the look number `look` at a task. */
const LIES: Readonly<Record<string, (look: number) => object>> = {
  other: () => ({ result: task("another", "COMPLETED") }),
  huge: () => ({ result: task("huge", "COMPLETED", { artifacts: [artifact("a", "x".repeat(33 << 20))] }) }),
  many: () => {
    const artifacts = Array.from({ length: 2_000 }, (_, n) => artifact(`a${n}`, "x"));
    return { result: task("many", "COMPLETED", { artifacts }) };
  },
  gone: () => ({ error: { code: -32001, message: "Task not found" } }),
  back: (look) => ({ result: task("back", look === 1 ? "SUBMITTED" : "COMPLETED") }),
  odd: (look) => ({ result: task("odd", look === 1 ? "DANCING" : "COMPLETED") }),
};

export class Liar {
  readonly #server: Server;
  readonly #looks = new Map<string, number>();
  url = "";

  private constructor() {
    this.#server = createServer(async (request, response) => {
      response.setHeader("content-type", "application/json");
      if (request.method === "GET") return response.end(JSON.stringify(this.#card()));
      const { id, method, params } = asked.parse(JSON.parse(Buffer.concat(await request.toArray()).toString()));
      return response.end(JSON.stringify({ jsonrpc: "2.0", id, ...this.#answer(method, params) }));
    });
  }

  static async start(): Promise<Liar> {
    const liar = new Liar();
    liar.#server.listen(0, "127.0.0.1");
    await once(liar.#server, "listening");
    const address = liar.#server.address();
    liar.url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
    return liar;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #answer(method: string, { id = "", message }: z.infer<typeof asked>["params"]): object {
    if (method === "SendMessage") return { result: { task: task(message?.parts[0]?.text ?? "", "WORKING") } };
    const look = (this.#looks.get(id) ?? 0) + 1;
    this.#looks.set(id, look);
    return LIES[id]?.(look) ?? { error: { code: -32001, message: "Task not found" } };
  }

  #card() {
    return {
      ...{ name: "Liar", description: "Lies.", version: "1", skills: [], capabilities: { streaming: false } },
      ...{ defaultInputModes: ["text/plain"], defaultOutputModes: ["text/plain"] },
      supportedInterfaces: [{ url: `${this.url}/rpc`, protocolBinding: "JSONRPC", protocolVersion: "1.0" }],
    };
  }
}
