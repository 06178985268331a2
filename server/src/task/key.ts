/** An API key, as its owner may see it: everything but the secret. */
import type { Scope } from "./principal.ts";

export type Key = {
  id: string;
  name: string;
  tenant: string;
  user: string;
  scopes: Scope[];
  /** What its user belongs to and has, beside what the directory says: whose work it is, no right of the key. */
  groups: string[];
  roles: string[];
  /** How large its share of the server is, where the deployment tells tiers apart. */
  tier: string | null;
  /** The language models that it may ask, see `allowed-models.ts`; null is any. */
  models: string[] | null;
  createdAt: number;
  expiresAt: number | null;
  revokedAt: number | null;
  /** The last four characters, to tell keys apart. */
  hint: string;
};
