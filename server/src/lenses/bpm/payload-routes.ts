/** The payload of a task: the object of its decision. */
import type { IncomingHttpHeaders } from "node:http";
import { z } from "zod";
import { Refusal } from "../../task/errors.ts";
import { isJsonObject, type Json, type JsonObject, json } from "../../task/json/json.ts";
import type { Task } from "../../task/task.ts";
import { jsonBody } from "../body/json-body.ts";
import { CONTENT_TYPE_FIELD } from "../error-answer.ts";
import { conditional } from "../etag.ts";
import { firstParam } from "../paging.ts";
import { anyQuery, JSON_TYPE, type Route, route } from "../route.ts";
import { payloadObject } from "./actions.ts";
import { Caller } from "./caller.ts";
import { payloadOf } from "./containers.ts";
import { boundTo, etagOf } from "./if-match.ts";
import { isXmlType, payloadFromXml, payloadXml, wantsXml, XML_TYPE } from "./payload-xml.ts";
import { taskParams } from "./task-routes.ts";
import { formOf } from "./worklist-task.ts";

const payloadQuery = z.object({
  type: firstParam(
    z
      .string()
      .default("BO")
      .transform((given) => given.toUpperCase())
      .pipe(z.enum(["BO", "FULL"], "must be BO or FULL")),
    { type: "string", enum: ["BO", "FULL"], default: "BO" },
  ).describe("BO: what is decided on; FULL: also what the task was submitted with, and what came of it"),
});

/** The payload, or all inputs and outputs of the task. */
function payload(task: Task, type: "BO" | "FULL") {
  const business = payloadOf(task);
  if (type === "BO") return business;
  return { input: task.input, payload: business, ...(task.state === "completed" && { output: task.output }) };
}

export const payloadRoutes: readonly Route[] = [
  route({
    method: "GET",
    path: "/tasks/{id}/payload",
    id: "retrieve_payload",
    scope: "tasks",
    tag: "payload",
    summary: "Retrieve the payload of a task",
    description: "JSON; XML where that is asked for alone.",
    params: taskParams,
    query: payloadQuery,
    refuses: ["invalid", "unauthenticated", "not_found"],
    answers: [{ status: 200, about: "Success", schema: json }],
    handle: async (call) => {
      const task = await new Caller(call).find(call.params.id);
      return conditional(call.headers, shownTo(call.headers, task, payload(task, call.query.type)));
    },
  }),
  payloadUpdate("PUT"),
  payloadUpdate("POST"),
  route({
    method: "GET",
    path: "/tasks/{id}/form",
    id: "retrieve_form",
    scope: "tasks",
    tag: "payload",
    summary: "Retrieve what a person is to fill in",
    params: taskParams,
    query: anyQuery,
    refuses: ["unauthenticated", "not_found"],
    answers: [{ status: 200, about: "A JSON Schema", schema: z.looseObject({}) }],
    handle: async (call) => {
      const form = formOf(await new Caller(call).find(call.params.id));
      if (form === null) throw new Refusal("not_found", "The task has no form.");
      return { status: 200, body: form };
    },
  }),
  route({
    method: "GET",
    path: "/tasks/{id}/summaryField",
    id: "retrieve_summary_field",
    scope: "tasks",
    tag: "payload",
    summary: "Retrieve the fields of the payload that are plain values",
    params: taskParams,
    query: anyQuery,
    refuses: ["unauthenticated", "not_found"],
    answers: [{ status: 200, about: "Success", schema: z.looseObject({}) }],
    handle: async (call) => ({ status: 200, body: scalarsOf(payloadOf(await new Caller(call).find(call.params.id))) }),
  }),
  payloadUpdate("POST", "/tasks/{id}/summaryField"),
];

/** In the type that the client accepts; each has a tag of its own. */
function shownTo({ accept }: IncomingHttpHeaders, task: Task, body: Json) {
  const isXml = wantsXml(accept);
  const bytes = isXml ? payloadXml(body) : jsonBody(body);
  const etag = isXml ? etagOf(task).replace(/"$/, '-xml"') : etagOf(task);
  return {
    bytes,
    headers: { "content-type": isXml ? XML_TYPE : JSON_TYPE, etag, "cache-control": "private, no-cache" },
  };
}

/** A body of JSON or XML. Throws `invalid` for any other type. */
function written({ "content-type": type = JSON_TYPE }: IncomingHttpHeaders, body: Json): JsonObject {
  if (typeof body !== "string" || /json/i.test(type)) return payloadObject(body);
  if (isXmlType(type)) return payloadObject(payloadFromXml(body));
  throw new Refusal("invalid", "A payload is application/json or application/xml.", { field: CONTENT_TYPE_FIELD });
}

/** A written payload replaces the one before; of a payload's plain fields, only the given ones are replaced. */
function payloadUpdate(method: "PUT" | "POST", path = "/tasks/{id}/payload"): Route {
  const isSummary = path.endsWith("summaryField");
  return route({
    method,
    path,
    id: isSummary ? "update_summary_field" : `${method === "PUT" ? "update" : "replace"}_payload`,
    scope: "tasks",
    tag: "payload",
    summary: isSummary ? "Replace the fields of the payload that are plain values" : "Replace the payload of a task",
    description: "JSON, or XML with `Content-Type: application/xml`.",
    params: taskParams,
    query: anyQuery,
    reads: "typed",
    body: json,
    headers: { "If-Match": "The ETag of the task as it was read: 409 when it has changed since" },
    refuses: ["invalid", "unauthenticated", "forbidden", "not_found", "not_allowed_in_state", "conflict"],
    answers: [{ status: 200, about: "The payload as it is now", schema: json }],
    handle: async (call) => {
      const { principal, verbs, headers, body } = call;
      const caller = new Caller(call);
      const task = await caller.find(call.params.id);
      const given = written(headers, body);
      const before = payloadOf(task);
      const payload = isSummary ? { ...withoutScalars(before), ...scalarsOf(given) } : given;
      // The rest of the payload must still be as it was read.
      const bound = isSummary ? { revision: task.revision, ...boundTo(headers, task) } : boundTo(headers, task);
      const { task: after } = await verbs.human.act(principal, task.id, { act: "save", payload }, bound);
      const now = payloadOf(after);
      return { status: 200, ...shownTo(headers, after, isSummary ? scalarsOf(now) : now) };
    },
  });
}

function isScalar(value: unknown): boolean {
  return typeof value !== "object" || value === null;
}

function scalarsOf(payload: Json): JsonObject {
  return isJsonObject(payload)
    ? Object.fromEntries(Object.entries(payload).filter(([, value]) => isScalar(value)))
    : {};
}

function withoutScalars(payload: Json): JsonObject {
  return isJsonObject(payload)
    ? Object.fromEntries(Object.entries(payload).filter(([, value]) => !isScalar(value)))
    : {};
}
