import type { CreatedKey, Key, RevokedKeys } from "./generated/api.ts";
import { type Answer, type CallOptions, perform, type Request } from "./operation.ts";
import type { Transport } from "./transport.ts";

export type KeyDraft = Request<"createKey">["body"];

const PAGE = 1_000;

/** API keys of the caller's tenant: with the scope `admin` all of them, else one's own. */
export class KeysClient {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** All of them, oldest first, with those that have ended. */
  async list(options: CallOptions = {}): Promise<Key[]> {
    const keys: Key[] = [];
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const query = { limit: PAGE, ...(cursor !== undefined && { cursor }) };
      const page: Answer<"listKeys"> = await perform(this.#transport, "listKeys", { query }, options);
      keys.push(...page.data);
      cursor = page.next_cursor;
    }
    return keys;
  }

  /** The answer's `secret` is shown this once. Not tried again by itself: that could make a second key. */
  create(key: KeyDraft, options: CallOptions = {}): Promise<CreatedKey> {
    return perform(this.#transport, "createKey", { body: key }, options);
  }

  /**
   * Gives a key another secret, which the answer shows this once; the one before goes on for `overlapMs`, by itself a day.
   * Not tried again by itself: that would end the one before.
   */
  rotate(id: string, { overlapMs, ...options }: CallOptions & { overlapMs?: number } = {}): Promise<CreatedKey> {
    const body = overlapMs === undefined ? {} : { overlap_ms: overlapMs };
    return perform(this.#transport, "rotateKey", { params: { id }, body }, options);
  }

  /** For good, with the keys below it. */
  revoke(id: string, options: CallOptions = {}): Promise<Key> {
    return perform(this.#transport, "revokeKey", { params: { id } }, options);
  }

  /** Ends all keys of a user, and those below them: `revoked` is how many. */
  revokeAll(user: string, options: CallOptions = {}): Promise<RevokedKeys> {
    return perform(this.#transport, "revokeKeysOfUser", { body: { user } }, options);
  }
}
