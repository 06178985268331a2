/**
 * A lens that no product has: what a further protocol needs of the kit, in the smallest form that uses all of it. Its
 * clients send telegrams: two prefixes, keys by Basic or in the query, errors of its own, uploads, a card at the root.
 */
import { z } from "zod";
import { formOf } from "../src/lenses/body/form-schema.ts";
import type { RenderError } from "../src/lenses/error-answer.ts";
import { conditional } from "../src/lenses/etag.ts";
import type { Lens } from "../src/lenses/lens.ts";
import { documentRoute, named, schemaOf } from "../src/lenses/openapi.ts";
import { wholeParam } from "../src/lenses/paging.ts";
import { byteStream, isName, JSON_TYPE, openRoute, route } from "../src/lenses/route.ts";
import { Refusal } from "../src/task/errors.ts";
import { STATES } from "../src/task/states.ts";
import type { Task } from "../src/task/task.ts";

const errorBody = named(z.object({ stop: z.string() }), "Stop");
const telegram = named(z.object({ id: z.string(), state: z.string() }), "Telegram");
const STATUS = {
  not_found: 404,
  not_allowed_in_state: 409,
  fenced: 409,
  invalid: 422,
  too_large: 413,
  conflict: 409,
  unauthenticated: 401,
  forbidden: 403,
  rate_limited: 429,
  unavailable: 503,
  internal: 500,
} as const;

const shown = ({ id, state }: Task) => ({ id, state: state.toUpperCase() });
const said = (status: number, text: string, headers: Record<string, string> = {}) => ({
  status,
  headers: { ...headers, "content-type": JSON_TYPE },
  body: JSON.stringify({ stop: text }),
});
const renderError: RenderError = ({ code, message }) =>
  said(STATUS[code], message.toUpperCase(), code === "unauthenticated" ? { "www-authenticate": "Basic" } : {});
const one = { status: 200, about: "It.", schema: telegram };

export const telexLens: Lens = {
  name: "telex",
  port: 7421,
  mount: "/telex",
  variants: ["", "/offices/{office}"],
  routes: [
    route({
      method: "POST",
      path: "/telegrams",
      id: "send",
      scope: "tasks",
      summary: "Send one",
      body: z.object({ text: z.string() }),
      idempotent: true,
      answers: [one],
      handle: async ({ principal, verbs, body, idempotency, mount }) => {
        const submission = { kind: "external", input: { queue: "telex", payload: body.text } };
        const { task, replayed } = await verbs.tasks.submit(principal, "telex", submission, idempotency);
        const headers = { location: `${mount}/telegrams/${task.id}`, ...(replayed && { "x-again": "yes" }) };
        return { status: 200, body: shown(task), headers };
      },
    }),
    route({
      method: "GET",
      path: "/telegrams",
      id: "list",
      scope: "tasks",
      summary: "List them",
      query: z.object({ limit: wholeParam({ min: 1, max: 5, usual: 2 }), cursor: z.string().optional() }),
      answers: [{ status: 200, about: "A page.", schema: z.object({ page: z.array(telegram), next: z.string() }) }],
      handle: async ({ principal, verbs, query: { limit, cursor } }) => {
        const { tasks, next } = await verbs.tasks.list(principal, {}, { limit, ...(cursor && { cursor }) });
        return { status: 200, body: { page: tasks.map(shown), next: next ?? "" } };
      },
    }),
    route({
      method: "GET",
      path: "/telegrams/{id}",
      id: "read",
      scope: "tasks",
      summary: "Read one",
      params: { id: { about: "Its id.", is: isName } },
      answers: [one],
      handle: async ({ principal, verbs, params, headers }) => {
        const task = await verbs.tasks.get(principal, params.id);
        const own = { "content-type": JSON_TYPE, etag: `"${task.revision}"`, "cache-control": "no-cache" };
        return conditional(headers, { bytes: Buffer.from(JSON.stringify(shown(task))), headers: own });
      },
    }),
    route({
      method: "POST",
      path: "/photographs/{id}:count",
      id: "photograph",
      scope: "tasks",
      summary: "Count the bytes of a photograph",
      params: { id: { about: "Its number.", is: (text) => /^\d+$/.test(text) } },
      reads: "stream",
      body: byteStream,
      bodyType: "image/png",
      bodyBytesMax: 4_000_000,
      renderError: ({ code }) => said(code === "too_large" ? 413 : 418, "NO PHOTOGRAPHS TODAY"),
      answers: [{ status: 200, about: "How many.", schema: z.object({ bytes: z.int() }) }],
      handle: async ({ body }) => {
        let bytes = 0;
        for await (const chunk of body) bytes += Buffer.byteLength(z.instanceof(Buffer).parse(chunk));
        if (bytes === 0) throw new Refusal("invalid", "empty");
        return { status: 200, body: { bytes } };
      },
    }),
    route({
      method: "POST",
      path: "/parcels",
      id: "parcel",
      scope: "tasks",
      summary: "Weigh a parcel",
      reads: "form",
      body: formOf(
        z.object({
          to: z.string(),
          copy: z.union([z.string(), z.array(z.string())]).optional(),
          stamps: z.object({ red: z.string() }).optional(),
        }),
        { parcel: "What is in it." },
      ),
      bodyType: "multipart/form-data",
      bodyBytesMax: 20_000_000,
      answers: [{ status: 200, about: "What it weighs.", schema: z.object({ to: z.string() }) }],
      handle: async ({ principal, verbs, body, left }) => {
        const bounds = { bytesMax: 10_000_000, signal: left() };
        const { fields, files } = await body.read(({ bytes }) => verbs.uploads.receive(principal, bytes, bounds));
        const weighed = files.map(({ kept: { sha256, md5, bytes }, ...file }) => ({ ...file, sha256, md5, bytes }));
        return { status: 200, body: { ...fields, parcels: weighed } };
      },
    }),
    documentRoute(() => telexLens, { path: "/openapi.json" }),
  ],
  rootRoutes: [
    openRoute({
      method: "GET",
      path: "/.well-known/telex.json",
      id: "card",
      summary: "Say where the office is",
      answers: [{ status: 200, about: "The card.", schema: z.object({ office: z.string() }) }],
      handle: async () => ({ status: 200, body: { office: "/telex" } }),
    }),
  ],
  caller: {
    secrets: [
      { in: "authorization", scheme: "basic" },
      { in: "query", name: "key" },
    ],
  },
  keyReuse: "conflict",
  invalid: ({ where, issues }) => new Refusal("invalid", `${where} ${issues[0]?.path.join(".")} does not fit`),
  errors: STATUS,
  renderError,
  renderUnrouted: ({ allowed }) =>
    allowed.length > 0 ? said(405, "WRONG METHOD", { allow: allowed.join(", ") }) : said(404, "NO SUCH OFFICE"),
  states: z.enum(STATES).enum,
  show: shown,
  greeting: ({ url }) => ({ title: "Telex", place: url, commands: [`curl ${url}/telegrams`] }),
  openapi: {
    dialect: "3.0.3",
    title: "Telex",
    description: "Telegrams.",
    securitySchemes: { basic: { type: "http", scheme: "basic" } },
    error: errorBody,
    errorsOf: () => ({
      422: { description: "x", content: { "application/json": { schema: schemaOf(errorBody, "output", "3.0.3") } } },
    }),
    idempotencyKey: { about: "Sent once." },
  },
};
