/** Who calls. Every read and write is bound to one. */

/**
 * `tasks` reads and steers one's own tasks; `tasks:all` those of the whole tenant; `work` claims external tasks of
 * the tenant; `admin` manages keys and reads the audit log of the tenant.
 */
export const SCOPES = ["tasks", "tasks:all", "work", "admin"] as const;
export type Scope = (typeof SCOPES)[number];

export type Principal = {
  tenant: string;
  user: string;
  scopes: ReadonlySet<Scope>;
  /** The id of the key that it came with: rate limits and the audit log name it. */
  keyId: string;
};
