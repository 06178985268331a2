import type { Agent } from "./generated/api.ts";
import { type CallOptions, perform } from "./operation.ts";
import type { Transport } from "./transport.ts";

/** The agents that the server's configuration declares. */
export class AgentsClient {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  async list(options: CallOptions = {}): Promise<Agent[]> {
    return (await perform(this.#transport, "listAgents", {}, options)).data;
  }

  get(slug: string, options: CallOptions = {}): Promise<Agent> {
    return perform(this.#transport, "getAgent", { params: { slug } }, options);
  }
}
