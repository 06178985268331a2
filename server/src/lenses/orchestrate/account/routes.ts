/** Logging in as the clients of local servers do, and the tenant that one is then in. */
import { z } from "zod";
import { notFound, Refusal } from "../../../task/errors.ts";
import type { Principal } from "../../../task/principal.ts";
import { named } from "../../openapi.ts";
import { anyQuery, openRoute, type Route, route } from "../../route.ts";
import { formBody, readForm } from "../form.ts";
import { maybe, param, text } from "../pydantic.ts";
import { SUCCESS, success } from "../success.ts";
import { tokenOf } from "./token.ts";

const TAG = "Accounts";
/** The one that clients of local servers look for, by this name alone. */
const TENANT_NAME = "wxo-dev";

const tenant = named(
  z.object({ id: z.string(), name: z.string(), title: z.string(), tags: z.array(z.string()) }),
  "Tenant",
);
const newTenant = named(z.object({ name: text, title: maybe(text), tags: maybe(z.array(text)) }), "CreateTenant");
const token = named(z.object({ access_token: z.string(), token_type: z.literal("bearer") }), "Token");

const credentials = z.object({ username: text, password: text });

function tenantOf({ tenant: id }: Principal): z.output<typeof tenant> {
  return { id, name: TENANT_NAME, title: id, tags: [] };
}

export const accountRoutes: readonly Route[] = [
  openRoute({
    method: "POST",
    path: "/v1/auth/token",
    id: "create_token",
    tag: TAG,
    summary: "Log In",
    description:
      "The password is an API key. What is answered is a bearer token of this API, as long as the key is good.",
    query: z.object({ tenant_id: param(text, "") }),
    reads: "form or fields",
    body: formBody(credentials),
    bodyType: "application/x-www-form-urlencoded",
    refuses: ["unauthenticated", "invalid", "not_found"],
    answers: success(token),
    handle: async ({ verbs, parts, query, body, headers, authenticate }) => {
      const { password } = await readForm({ body, headers }, credentials);
      const principal = await authenticate(password);
      if (query.tenant_id !== "" && query.tenant_id !== principal.tenant) throw notFound("Tenant");
      const known = await verbs.keys.authenticate(password);
      const key = known === null || known === "ended" ? null : password;
      await verbs.audit.signedIn(principal, "orchestrate");
      const issued = tokenOf(principal, key, { secret: parts.tokenSecret, now: parts.now() });
      return {
        status: 200,
        body: { access_token: issued, token_type: "bearer" },
        headers: { "cache-control": "no-store" },
      };
    },
  }),
  route({
    method: "GET",
    path: "/v1/tenants",
    id: "list_tenants",
    scope: "any",
    tag: TAG,
    summary: "List Tenants",
    description: "The caller's own, under the name that clients look for.",
    query: anyQuery,
    refuses: ["unauthenticated"],
    answers: success(z.array(tenant)),
    handle: async ({ principal }) => ({ status: 200, body: [tenantOf(principal)] }),
  }),
  route({
    method: "POST",
    path: "/v1/tenants",
    id: "create_tenant",
    scope: "any",
    tag: TAG,
    summary: "Create Tenant",
    description: "The caller's own is there already, and is answered; others are made by whoever runs the server.",
    query: anyQuery,
    reads: "typed",
    body: newTenant,
    refuses: ["unauthenticated", "invalid", "forbidden"],
    answers: [{ status: 201, about: SUCCESS, schema: tenant }],
    handle: async ({ principal, body }) => {
      if (body.name !== TENANT_NAME && body.name !== principal.tenant) {
        throw new Refusal("forbidden", "Tenants are made by whoever runs this server");
      }
      return { status: 201, body: tenantOf(principal) };
    },
  }),
];
