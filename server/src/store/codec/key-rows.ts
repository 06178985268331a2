/** Keys as rows. */
import { z } from "zod";
import { SCOPES } from "../../task/principal.ts";
import type { StoredKey } from "../key-store.ts";
import { maybeText, maybeTime, text, time } from "./cells.ts";

const keyRow = z.tuple([
  text,
  text,
  text,
  text,
  text,
  text,
  text,
  time,
  maybeTime,
  maybeTime,
  maybeText,
  maybeText,
  maybeText,
  maybeText,
  maybeText,
  maybeTime,
  maybeText,
  maybeTime,
  maybeTime,
  maybeText,
]);
const texts = z.array(text);
const scopes = z.array(z.enum(SCOPES));

export function keyOf(row: unknown): StoredKey {
  const [id, hash, tenant, user, name, held, hint, createdAt, expiresAt, revokedAt, ...later] = keyRow.parse(row);
  const [groups, roles, tier, models, above, rotatedAt, formerHash, formerUntil, usedAt, usedFrom] = later;
  return {
    ...{ id, hash, tenant, user, name, hint, createdAt, expiresAt, revokedAt, tier },
    scopes: scopes.parse(JSON.parse(held)),
    groups: listIn(groups),
    roles: listIn(roles),
    models: models === null ? null : listIn(models),
    above: listIn(above),
    ...{ rotatedAt, formerHash, formerUntil, usedAt, usedFrom },
  };
}

/** What a new key is in its columns. It has no former secret, and nobody has used it. */
export type KeyValues = {
  id: string;
  hash: string;
  tenant: string;
  user: string;
  name: string;
  scopes: string;
  hint: string;
  createdAt: number;
  expiresAt: number | null;
  groups: string | null;
  roles: string | null;
  tier: string | null;
  models: string | null;
  parent: string | null;
  above: string | null;
};

export function keyValues(key: StoredKey): KeyValues {
  const { id, hash, tenant, user, name, hint, createdAt, expiresAt, tier, above } = key;
  return {
    ...{ id, hash, tenant, user, name, hint, createdAt, expiresAt, tier },
    scopes: JSON.stringify(key.scopes),
    groups: listed(key.groups),
    roles: listed(key.roles),
    models: key.models === null ? null : JSON.stringify(key.models),
    parent: above.at(-1) ?? null,
    above: listed(above),
  };
}

function listIn(stored: string | null): string[] {
  return stored === null ? [] : texts.parse(JSON.parse(stored));
}

function listed(list: readonly string[]): string | null {
  return list.length === 0 ? null : JSON.stringify(list);
}
