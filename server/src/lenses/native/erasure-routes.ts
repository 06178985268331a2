/** Erasing on request: all of a user, or of a conversation, for good. */
import { isName, type Route, route } from "../route.ts";
import * as wire from "./erasure-schema.ts";
import { list } from "./schema.ts";

export const erasureRoutes: readonly Route[] = [
  route({
    method: "POST",
    path: "/v1/erasures",
    id: "erase",
    scope: "tasks",
    tag: "Erasures",
    summary: "Erase all of a user, or of a conversation, for good",
    description:
      "Open tasks are cancelled first, keys of the user end at once. Then tasks go with their inputs, outputs, logs, journals, " +
      "artifacts, questions and answers, and with them conversations, documents, vector stores, webhooks, files and what the " +
      "indexes know of them. It goes on over restarts; look how far it is with its id. There is no way back. A conversation may " +
      "be erased by its owner, anything else takes the scope `admin`. One that is running for the same is answered as it is. " +
      "`not_found`, `forbidden`.",
    body: wire.erasureBody,
    refuses: ["not_found"],
    answers: [{ status: 202, about: "It has begun.", schema: wire.erasure }],
    handle: async ({ principal, verbs, body }) => ({
      status: 202,
      body: wire.wireErasure(await verbs.erasures.begin(principal, body)),
    }),
  }),
  route({
    method: "GET",
    path: "/v1/erasures",
    id: "listErasures",
    scope: "tasks",
    tag: "Erasures",
    summary: "List erasures, latest first",
    description: "Those that you asked for; with the scope `admin` all of the tenant.",
    query: wire.erasureQuery,
    answers: [{ status: 200, about: "With what each has removed.", schema: list(wire.erasure) }],
    handle: async ({ principal, verbs, query: { limit } }) => ({
      status: 200,
      body: { data: (await verbs.erasures.list(principal, limit)).map(wire.wireErasure) },
    }),
  }),
  route({
    method: "GET",
    path: "/v1/erasures/{id}",
    id: "getErasure",
    scope: "tasks",
    tag: "Erasures",
    summary: "How far an erasure is, and what backups still hold",
    description: "`not_found` for one that somebody else asked for, without the scope `admin`.",
    params: { id: { about: "`erasure_` and 32 characters.", is: isName } },
    answers: [{ status: 200, about: "The erasure.", schema: wire.erasure }],
    handle: async ({ principal, verbs, params }) => ({
      status: 200,
      body: wire.wireErasure(await verbs.erasures.get(principal, params.id)),
    }),
  }),
];
