import type { CreatedKey, Key } from "./generated/api.ts";
import { type CallOptions, perform, type Request } from "./operation.ts";
import type { Transport } from "./transport.ts";

export type KeyDraft = Request<"createKey">["body"];

/** API keys of the caller's tenant. Needs the scope `admin`. */
export class KeysClient {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  async list(options: CallOptions = {}): Promise<Key[]> {
    return (await perform(this.#transport, "listKeys", {}, options)).data;
  }

  /** The answer's `secret` is shown this once. Not tried again by itself: that could make a second key. */
  create(key: KeyDraft, options: CallOptions = {}): Promise<CreatedKey> {
    return perform(this.#transport, "createKey", { body: key }, options);
  }

  /** For good. */
  revoke(id: string, options: CallOptions = {}): Promise<Key> {
    return perform(this.#transport, "revokeKey", { params: { id } }, options);
  }
}
