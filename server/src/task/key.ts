/** An API key, as its owner may see it: everything but the secret. */
import type { Scope } from "./principal.ts";

export type Key = {
  id: string;
  name: string;
  tenant: string;
  user: string;
  scopes: Scope[];
  createdAt: number;
  expiresAt: number | null;
  revokedAt: number | null;
  /** The last four characters, to tell keys apart. */
  hint: string;
};
