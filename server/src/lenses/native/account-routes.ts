/** Who calls, and with what: keys. */
import { isName, type Route, route } from "../route.ts";
import * as wire from "./account-schema.ts";
import { paged } from "./schema.ts";
import { wireCaller, wireKey } from "./translate.ts";

const keyParams = { id: { about: "`key_` and 32 characters.", is: isName } };

export const accountRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/v1/me",
    id: "getCaller",
    scope: "any",
    tag: "Keys",
    summary: "Who the key says you are",
    description: "Tenant, user and scopes of the key. `unauthenticated` for one that is unknown, revoked or expired.",
    answers: [{ status: 200, about: "The caller.", schema: wire.caller }],
    handle: async ({ principal }) => ({ status: 200, body: wireCaller(principal) }),
  }),
  route({
    method: "GET",
    path: "/v1/keys",
    id: "listKeys",
    scope: "any",
    tag: "Keys",
    summary: "List keys",
    description:
      "Your own, revoked and expired ones too, oldest first: of a child itself and those below it, with the scope `admin` " +
      "all of the tenant. `invalid` for a cursor that no page has given.",
    query: wire.keysQuery,
    answers: [{ status: 200, about: "A page of them, without their secrets.", schema: paged(wire.key) }],
    handle: async ({ principal, verbs, query: { limit, cursor } }) => {
      const { keys, next } = await verbs.keys.list(principal, { limit, ...(cursor !== undefined && { cursor }) });
      return { status: 200, body: { data: keys.map(wireKey), next_cursor: next } };
    },
  }),
  route({
    method: "POST",
    path: "/v1/keys",
    id: "createKey",
    scope: "any",
    tag: "Keys",
    summary: "Make a key",
    description:
      "Of your tenant; by itself for you, with the scope `tasks`, and until the usual time of the deployment. It " +
      "stands by itself, which takes the scope `admin`; a `child` ends with your key, has no later expiry and draws from " +
      "the share of yours. `forbidden` for a scope or model that you have not got, another user without `tasks:all`, a " +
      "later expiry than your key's for a child, a 17th key below each other; `invalid` " +
      "beyond the deployment's longest time; `conflict` when the user has 1,000 good keys.",
    refuses: ["conflict"],
    body: wire.keyBody,
    answers: [{ status: 201, about: "The key, with its secret this once.", schema: wire.createdKey }],
    handle: async ({ principal, verbs, body: { name, user, scopes, groups, roles, models, expires_at, child } }) => {
      const { key, secret } = await verbs.keys.create(principal, {
        name,
        ...(user !== undefined && { user }),
        ...(scopes !== undefined && { scopes }),
        groups,
        roles,
        ...(models !== undefined && { models }),
        ...(expires_at !== undefined && { expiresAt: expires_at }),
        ...(child !== undefined && { child }),
      });
      return { status: 201, body: { ...wireKey(key), secret }, headers: { "cache-control": "no-store" } };
    },
  }),
  route({
    method: "DELETE",
    path: "/v1/keys/{id}",
    id: "revokeKey",
    scope: "any",
    tag: "Keys",
    summary: "Revoke a key, for good, within a second",
    description:
      "With those below it, and all that is held by them: streams, waits, leases. One that is revoked already stays as " +
      "it is. `not_found`.",
    params: keyParams,
    answers: [{ status: 200, about: "The revoked key.", schema: wire.key }],
    handle: async ({ principal, verbs, params }) => ({
      status: 200,
      body: wireKey(await verbs.keys.revoke(principal, params.id)),
    }),
  }),
  route({
    method: "POST",
    path: "/v1/keys/{id}/rotate",
    id: "rotateKey",
    scope: "any",
    tag: "Keys",
    summary: "Give a key another secret",
    description:
      "The secret before goes on for `overlap_ms`, by itself a day, and one that went on until now ends. The key stays the " +
      "same: id, scopes, expiry, share, leases, and the keys below it. Your own key or one below it; with the scope " +
      "`admin` any that you could make. `not_found`; `forbidden`, also with a secret that was replaced itself; `conflict` " +
      "when the key has ended, or was rotated at the same moment.",
    params: keyParams,
    body: wire.rotateBody,
    answers: [{ status: 200, about: "The key, with its new secret this once.", schema: wire.createdKey }],
    handle: async ({ principal, verbs, params, body: { overlap_ms } }) => {
      const { key, secret } = await verbs.keys.rotate(principal, params.id, overlap_ms);
      return { status: 200, body: { ...wireKey(key), secret }, headers: { "cache-control": "no-store" } };
    },
  }),
  route({
    method: "POST",
    path: "/v1/keys/revoke",
    id: "revokeKeysOfUser",
    scope: "any",
    tag: "Keys",
    summary: "Revoke all keys of a user, within a second",
    description:
      "With those below them, whoever's they are. Yours; with the scope `admin` those of any user of the tenant. " +
      "`forbidden` otherwise, and with a child.",
    body: wire.revokeBody,
    answers: [{ status: 200, about: "How many have ended by it.", schema: wire.revokedKeys }],
    handle: async ({ principal, verbs, body: { user } }) => ({
      status: 200,
      body: { user, revoked: await verbs.keys.revokeAll(principal, user) },
    }),
  }),
];
