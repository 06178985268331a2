import type { Erasure } from "./generated/api.ts";
import { type CallOptions, perform, type Request } from "./operation.ts";
import type { Transport } from "./transport.ts";

export type ErasureSubject = Request<"erase">["body"];

/** Erases all of a user (takes the scope `admin`) or of a conversation, for good. */
export class ErasuresClient {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Begins it; it goes on by itself. One of the same that is running is answered as it is. */
  begin(subject: ErasureSubject, options: CallOptions = {}): Promise<Erasure> {
    return perform(this.#transport, "erase", { body: subject }, options);
  }

  /** How far it is and, once it has ended, what went and what stays. */
  get(id: string, options: CallOptions = {}): Promise<Erasure> {
    return perform(this.#transport, "getErasure", { params: { id } }, options);
  }

  /** Latest first. */
  async list(options: CallOptions = {}): Promise<Erasure[]> {
    return (await perform(this.#transport, "listErasures", {}, options)).data;
  }
}
