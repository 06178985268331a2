/** The keys of a data folder that no server uses. */
import type { Key } from "@waybill/sdk";
import { SystemClock } from "../engine/clock.ts";
import { Ids, systemRandomBytes } from "../engine/ids.ts";
import { wireKey } from "../lenses/native/translate.ts";
import { openStore, type StoreOptions } from "../store/open.ts";
import { Refusal } from "../task/errors.ts";
import { type Principal, SCOPES } from "../task/principal.ts";
import { KeyVerbs } from "../verbs/implementation/key-verbs.ts";
import { type ApiKeys, FIRST_USER } from "./api-keys.ts";
import { BAD_USAGE, Exit } from "./exit.ts";
import { openTerminal } from "./terminal/terminal.ts";
import { harmless } from "./terminal/text-width.ts";

const PAGE = 1_000;

/** Whoever may write the folder is let do everything in it: there may be no key yet to ask for. */
export function folderApiKeys(folder: string, tenant: string): ApiKeys {
  const holder: Principal = { tenant, user: FIRST_USER, scopes: new Set(SCOPES), keyId: "command-line" };

  async function within<Result>(act: (verbs: KeyVerbs) => Promise<Result>): Promise<Result> {
    try {
      const store = await openStore({ data: folder }, tellingOfDamage());
      try {
        return await act(new KeyVerbs(store, new SystemClock(), new Ids(systemRandomBytes)));
      } finally {
        await store.close();
      }
    } catch (error) {
      if (error instanceof Refusal) throw new Exit(1, error.message);
      throw error;
    }
  }

  return {
    create: ({ name, user = FIRST_USER, scopes, groups = [], roles = [], tier, models, expires_at, child }) =>
      within(async (verbs) => {
        if (child) throw new Exit(BAD_USAGE, "A child is made by a server, with the --key that it is below.");
        const { key, secret } = await verbs.createFirst({
          name,
          tenant,
          user,
          ...(scopes !== undefined && { scopes }),
          groups,
          roles,
          ...(tier !== undefined && { tier }),
          ...(models !== undefined && { models }),
          ...(expires_at !== undefined && { expiresAt: Date.parse(expires_at) }),
        });
        return { ...wireKey(key), secret };
      }),
    list: () =>
      within(async (verbs) => {
        const keys: Key[] = [];
        for (let cursor: string | null | undefined; cursor !== null; ) {
          const page = await verbs.list(holder, { limit: PAGE, ...(cursor !== undefined && { cursor }) });
          keys.push(...page.keys.map(wireKey));
          cursor = page.next;
        }
        return keys;
      }),
    rotate: (id, overlapMs) =>
      within(async (verbs) => {
        const { key, secret } = await verbs.rotate(holder, id, overlapMs);
        return { ...wireKey(key), secret };
      }),
    revoke: (id) => within(async (verbs) => wireKey(await verbs.revoke(holder, id))),
    revokeAll: (user) => within((verbs) => verbs.revokeAll(holder, user)),
  };
}

/** The first to open a folder of an older version may find what it cannot bring up to date. */
function tellingOfDamage(): StoreOptions {
  return { onDamage: ({ message }) => openTerminal().talk.write(`${harmless(message)}\n`) };
}
