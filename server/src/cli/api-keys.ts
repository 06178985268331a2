/** API keys, in the folder of a server that is not running or over HTTP of one that is: the same acts. */
import type { CreatedKey, Key, KeyDraft, Waybill } from "@waybill/sdk";

/** A tier is given by whoever holds the folder: callers pass on their own. */
export type FolderKeyDraft = KeyDraft & { tier?: string };

export interface ApiKeys {
  create(draft: FolderKeyDraft): Promise<CreatedKey>;
  list(): Promise<Key[]>;
  rotate(id: string, overlapMs: number): Promise<CreatedKey>;
  revoke(id: string): Promise<Key>;
  /** The number that have ended by it. */
  revokeAll(user: string): Promise<number>;
}

/** The first key's user, where nobody said another. */
export const FIRST_USER = "admin";

export function serverApiKeys({ keys }: Waybill): ApiKeys {
  return {
    create: (draft) => keys.create(draft),
    list: () => keys.list(),
    rotate: (id, overlapMs) => keys.rotate(id, { overlapMs }),
    revoke: (id) => keys.revoke(id),
    revokeAll: async (user) => (await keys.revokeAll(user)).revoked,
  };
}
