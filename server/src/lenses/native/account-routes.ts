/** Who calls, and with what: keys. */
import { isName, type Route, route } from "../route.ts";
import * as wire from "./account-schema.ts";
import { list } from "./schema.ts";
import { wireCaller, wireKey } from "./translate.ts";

export const accountRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/v1/me",
    id: "getCaller",
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
    tag: "Keys",
    summary: "List keys",
    description: "Your own, revoked and expired ones too; with the scope `admin` all of the tenant.",
    answers: [{ status: 200, about: "All of them, without their secrets.", schema: list(wire.key) }],
    handle: async ({ principal, verbs }) => ({
      status: 200,
      body: { data: (await verbs.keys.list(principal)).map(wireKey) },
    }),
  }),
  route({
    method: "POST",
    path: "/v1/keys",
    id: "createKey",
    tag: "Keys",
    summary: "Make a key",
    description:
      "Of your tenant; by itself for you, with the scope `tasks`. `forbidden` without the scope `admin`, for another " +
      "user without `tasks:all`, or for scopes and models that you have not got; `rate_limited` when the user has 1,000 good keys.",
    refuses: ["rate_limited"],
    body: wire.keyBody,
    answers: [{ status: 201, about: "The key, with its secret this once.", schema: wire.createdKey }],
    handle: async ({ principal, verbs, body: { name, user, scopes, groups, roles, models, expires_at } }) => {
      const { key, secret } = await verbs.keys.create(principal, {
        name,
        ...(user !== undefined && { user }),
        ...(scopes !== undefined && { scopes }),
        groups,
        roles,
        ...(models !== undefined && { models }),
        ...(expires_at !== undefined && { expiresAt: expires_at }),
      });
      return { status: 201, body: { ...wireKey(key), secret }, headers: { "cache-control": "no-store" } };
    },
  }),
  route({
    method: "DELETE",
    path: "/v1/keys/{id}",
    id: "revokeKey",
    tag: "Keys",
    summary: "Revoke a key, for good, within a second",
    description: "One that is revoked already stays as it is. `not_found`.",
    params: { id: { about: "`key_` and 32 characters.", is: isName } },
    answers: [{ status: 200, about: "The revoked key.", schema: wire.key }],
    handle: async ({ principal, verbs, params }) => ({
      status: 200,
      body: wireKey(await verbs.keys.revoke(principal, params.id)),
    }),
  }),
];
