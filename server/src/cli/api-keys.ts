/** API keys, in the folder of a server that is not running or over HTTP of one that is: the same three acts. */
import type { CreatedKey, Key, KeyDraft, Waybill } from "@waybill/sdk";

export interface ApiKeys {
  create(draft: KeyDraft): Promise<CreatedKey>;
  list(): Promise<Key[]>;
  revoke(id: string): Promise<Key>;
}

/** The first key's user, where nobody said another. */
export const FIRST_USER = "admin";

export function serverApiKeys({ keys }: Waybill): ApiKeys {
  return {
    create: (draft) => keys.create(draft),
    list: () => keys.list(),
    revoke: (id) => keys.revoke(id),
  };
}
