/** The verbs of erasures: all data of a user, or of a conversation, wherever it is kept. */
import type { Erasure, ErasureSubject } from "../task/erasure.ts";
import type { Principal } from "../task/principal.ts";

export interface Erasures {
  /**
   * Begins to erase, and resolves once that is on disk: from then on it goes on by itself, over stops and crashes. Open tasks
   * are cancelled first, keys of a user end at once. One of the same subject that is running is answered as it is; one that
   * has ended begins anew, and finds what has come since. There is no way back.
   *
   * A conversation may be erased by its owner; with the scope `admin` any of the tenant, and any user. Throws `not_found` for a
   * conversation that is not there or is not the principal's, `forbidden` for a user without `admin`, and
   * `rate_limited` for whoever has too many under way.
   */
  begin(principal: Principal, subject: ErasureSubject): Promise<Erasure>;
  /** The state of one. One's own; with the scope `admin` any of the tenant. Throws `not_found`. */
  get(principal: Principal, id: string): Promise<Erasure>;
  /** Latest first, at most `limit`; one's own, with the scope `admin` all of the tenant. */
  list(principal: Principal, limit: number): Promise<Erasure[]>;
}
