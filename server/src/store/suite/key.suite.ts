/** A key as a store keeps it, for stories. */
import type { StoredKey } from "../store.ts";
import { START } from "./new-task.suite.ts";

export function key(fields: Partial<StoredKey> = {}): StoredKey {
  return {
    id: "k1",
    name: "laptop",
    tenant: "acme",
    user: "ada",
    scopes: ["tasks", "admin"],
    groups: ["finance"],
    roles: [],
    tier: "pro",
    models: ["openai:*"],
    above: [],
    createdAt: START,
    expiresAt: null,
    revokedAt: null,
    rotatedAt: null,
    formerUntil: null,
    usedAt: null,
    usedFrom: null,
    hint: "wxyz",
    hash: "a".repeat(64),
    formerHash: null,
    ...fields,
  };
}

export const ROOM = { good: 1_000, kept: 10_000 };
