/** The payload of a task: what is decided on. */
import { z } from "zod";
import { json } from "../../task/json.ts";
import type { Task } from "../../task/task.ts";
import { conditional } from "../etag.ts";
import { firstParam } from "../paging.ts";
import { JSON_TYPE, type Route, route } from "../route.ts";
import { Caller } from "./caller.ts";
import { payloadOf } from "./containers.ts";
import { payloadXml, wantsXml, XML_TYPE } from "./payload-xml.ts";
import { etagOf, taskParams } from "./task-routes.ts";

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

/** What is decided on, or all that goes in and out of the task. */
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
    tag: "payload",
    summary: "Retrieve the payload of a task",
    description: "JSON; XML where that is asked for alone.",
    params: taskParams,
    query: payloadQuery,
    refuses: ["invalid", "unauthenticated", "not_found"],
    answers: [{ status: 200, about: "Success", schema: json }],
    handle: async (call) => {
      const task = await new Caller(call).find(call.params.id);
      const body = payload(task, call.query.type);
      const isXml = wantsXml(call.headers.accept);
      const bytes = Buffer.from(isXml ? payloadXml(body) : JSON.stringify(body));
      const etag = isXml ? etagOf(task).replace(/"$/, '-xml"') : etagOf(task);
      const headers = { "content-type": isXml ? XML_TYPE : JSON_TYPE, etag, "cache-control": "private, no-cache" };
      return conditional(call.headers, { bytes, headers });
    },
  }),
];
