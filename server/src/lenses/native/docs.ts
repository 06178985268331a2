/**
 * The readable documentation, made from the table of routes: one page of HTML that loads nothing, needs no script, and
 * prints. What a schema says is shown as the JSON that one would send or get.
 */
import { z } from "zod";
import { ERROR_CODES } from "../../task/errors.ts";
import { type Json, type JsonObject, json, jsonObject } from "../../task/json/json.ts";
import { type OpenState, TERMINAL_STATES, WAIT_REASONS } from "../../task/states.ts";
import { ownTurn } from "../body/own-turn.ts";
import { HTTP_STATUS } from "../error-answer.ts";
import { exampleOf, schemaOf, schemasInTurns } from "../openapi.ts";
import type { Route } from "../route.ts";
import { DOCS_STYLE } from "./docs-style.ts";
import { MEANING } from "./errors.ts";
import { nativeOpenapi, problemStatuses } from "./openapi.ts";

/** Made a route in a turn: all of it takes some 100 ms. */
export async function docsPage({ routes, version }: { routes: readonly Route[]; version: string }): Promise<string> {
  const tags = Map.groupBy(routes, ({ tag = "" }) => tag);
  const schemas = await schemasInTurns({ routes, openapi: nativeOpenapi });
  const sections: string[] = [];
  for (const [tag, ofTag] of tags) {
    sections.push(`<h2 class="tag">${escapeHtml(tag)}</h2>`);
    for (const route of ofTag) {
      await ownTurn();
      sections.push(routeSection(route));
    }
  }
  return [
    '<!doctype html><html lang="en"><head><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">',
    `<title>Waybill API ${escapeHtml(version)}</title><style>${DOCS_STYLE}</style></head><body>`,
    `<nav aria-label="Contents"><a class="name" href="#top">Waybill <small>${escapeHtml(version)}</small></a>`,
    ...Array.from(tags, ([tag, ofTag]) => [
      `<h2>${escapeHtml(tag)}</h2><ul>`,
      ...ofTag.map(
        ({ id, method, path }) =>
          `<li><a href="#${id}"><b class="${method}">${method}</b> ${escapeHtml(path)}</a></li>`,
      ),
      "</ul>",
    ]).flat(),
    '<h2>Reference</h2><ul><li><a href="#errors">Errors</a></li><li><a href="#schemas">Schemas</a></li></ul></nav>',
    `<main id="top">${INTRODUCTION}`,
    ...sections,
    errorsSection(),
    '<h2 class="tag" id="schemas">Schemas</h2>',
    ...Object.entries(schemas).map(
      ([name, schema = null]) => `<section id="schema-${name}"><h3>${name}</h3>${fieldsTable(schema)}</section>`,
    ),
    "</main></body></html>",
  ].join("\n");
}

/** What an open task may be between its start and its end, and why. */
const ON_THE_WAY: Readonly<Record<Exclude<OpenState, "queued" | "running">, string>> = {
  waiting: `for a ${either([...WAIT_REASONS])}`,
  input_required: "a person must answer",
  paused: "somebody must resume it",
};

const INTRODUCTION = `<h1>The native API</h1>
<p>Submit a task, get its id at once, then watch it, steer it and read its outcome. What is acknowledged is on disk.
The same as a document for programs: <a href="/openapi.json">/openapi.json</a> (OpenAPI 3.1).</p>
<h3>Who calls</h3>
<p>Send an API key as <code>Authorization: Bearer sk_…</code>, as <code>X-API-Key</code>, or as the password of Basic.
<code>waybill keys create</code> makes one. <code>waybill dev</code> needs none from this machine; it also knows the key
<code>sk_test_123456</code>.</p>
<h3>What holds everywhere</h3>
<p>JSON is snake_case; times are ISO 8601 in UTC; null is a field without a value yet. Unknown fields and parameters are
refused. A <code>POST</code> with an <code>Idempotency-Key</code> takes effect once within 24 hours; another request under
the same key gets 422. Every answer has an <code>X-Request-ID</code>, your own where you send one.</p>
<h3>The life of a task</h3>
<p><code>queued</code> → <code>running</code> → ${either(TERMINAL_STATES.map(code))}. On the way it may be
${either(Object.entries(ON_THE_WAY).map(([state, why]) => `${code(state)} (${why})`))}. Nothing leaves an end;
trying again makes a new task.</p>`;

function either(words: readonly string[]): string {
  return `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

function code(word: string): string {
  return `<code>${word}</code>`;
}

function routeSection(route: Route): string {
  const { id, method, path, summary, description, answers } = route;
  return [
    `<section id="${id}"><h3><b class="${method}">${method}</b> <code>${escapeHtml(path)}</code></h3>`,
    `<p>${escapeHtml(summary)}.${description === undefined ? "" : ` ${prose(description)}`}</p>`,
    parametersTable(route),
    route.body === null ? "" : `<h4>Body</h4>${typeText(schemaOf(route.body, "input"))}`,
    "<h4>Answers</h4><ul>",
    ...answers.map(
      ({ status, about, schema, headers = {} }) =>
        `<li><b>${status}</b> ${prose(about)} ${schema === undefined ? "" : typeText(schemaOf(schema, "output"))}${Object.entries(
          headers,
        )
          .map(([name, says]) => `<br><code>${name}</code>: ${prose(says)}`)
          .join("")}</li>`,
    ),
    `<li class="quiet">${problemStatuses(route).join(", ")}: a <a href="#errors">problem</a></li></ul>`,
    `<pre><code>${escapeHtml(curl(route))}</code></pre></section>`,
  ].join("");
}

const SAMPLE_ID = "task_01M82EH544EF8A54HSJ0HPW0QT";

/** A command to paste. */
function curl(route: Route): string {
  const sample: Record<string, string> = { slug: "assistant", file_id: "FILE_ID" };
  const id = route.path.startsWith("/v1/tasks") ? SAMPLE_ID : "ID";
  if (route.bodyType === "multipart/form-data") return `curl http://localhost:7420${route.path} -F file=@report.pdf`;
  const path = route.path.replaceAll(/\{(\w+)\}/g, (_, name: string) => sample[name] ?? id);
  const example = route.body === null ? undefined : (exampleOf(route.body).example ?? exampleBody(route));
  return [
    `curl ${route.method === "GET" || (route.method === "POST" && example !== undefined) ? "" : `-X ${route.method} `}`,
    `${route.streams ? "-N -H 'Accept: text/event-stream' " : ""}http://localhost:7420${path}`,
    example === undefined ? "" : ` \\\n  -H 'Content-Type: application/json' -d '${JSON.stringify(example)}'`,
  ].join("");
}

function exampleBody({ id, body }: Route): Json | undefined {
  if (body?.safeParse(undefined).success) return undefined;
  const held = { worker: "worker-1", attempt: 1 };
  const bodies: Record<string, Json> = {
    heartbeatWork: { ...held, progress: { fraction: 0.5, message: "halfway" } },
    completeWork: { ...held, output: { ok: true } },
    failWork: { ...held, error: { code: "no_luck", message: "It did not work." }, retryable: true },
    updateConversation: { title: "Travel" },
    editMessage: { parts: [{ text: "Call me Ada." }] },
  };
  return bodies[id] ?? {};
}

const objectSchema = z.looseObject({
  properties: z.record(z.string(), jsonObject).optional(),
  required: z.array(z.string()).optional(),
});

function parametersTable(route: Route): string {
  const { properties = {}, required = [] } = objectSchema.parse(schemaOf(route.query, "input"));
  const rows = [
    ...Object.entries(route.params).map(([name, { about }]) => ({
      name: `{${name}}`,
      schema: textAbout(about),
      needed: true,
    })),
    ...Object.entries(properties).map(([name, schema]) => ({ name, schema, needed: required.includes(name) })),
  ];
  const text = { type: "string" };
  if (route.streams) {
    const description = "Number of the last event that you have.";
    rows.push({ name: "Last-Event-ID (header)", schema: { type: "integer", description }, needed: false });
  }
  if (route.idempotent) rows.push({ name: "Idempotency-Key (header)", schema: text, needed: false });
  return rows.length === 0 ? "" : `<h4>Parameters</h4>${table(rows)}`;
}

function textAbout(description: string): JsonObject {
  return { type: "string", description };
}

function fieldsTable(schema: Json): string {
  const parsed = objectSchema.safeParse(schema);
  if (!parsed.success || parsed.data.properties === undefined) return `<p>${typeText(schema)}</p>`;
  const { properties, required = [] } = parsed.data;
  return table(
    Object.entries(properties).map(([name, field]) => ({ name, schema: field, needed: required.includes(name) })),
  );
}

function table(rows: readonly { name: string; schema: JsonObject; needed: boolean }[]): string {
  const cells = rows.map(({ name, schema, needed }) => {
    const { description, ...type } = schema;
    const says = typeof description === "string" ? prose(description) : "";
    return `<tr><td><code>${escapeHtml(name)}</code>${needed ? "" : '<span class="quiet">?</span>'}</td><td>${typeText(type)}</td><td>${says}</td></tr>`;
  });
  return `<div class="scroll"><table>${cells.join("")}</table></div>`;
}

const typeSchema = z.looseObject({
  $ref: z.string().optional(),
  enum: z.array(json).optional(),
  const: json.optional(),
  anyOf: z.array(json).optional(),
  type: z.union([z.string(), z.array(z.string())]).optional(),
  items: json.optional(),
  properties: jsonObject.optional(),
  required: z.array(z.string()).optional(),
  format: z.string().optional(),
  default: json.optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
});

/** A JSON Schema in a line, as one would write a TypeScript type. */
function typeText(schema: Json | undefined): string {
  const known = typeSchema.safeParse(schema);
  if (!known.success) return "<i>any</i>";
  const { $ref, anyOf, type, items, properties, required = [], format, minimum, maximum, ...rest } = known.data;
  const bounds =
    minimum === undefined && maximum === undefined
      ? ""
      : ` <span class="quiet">${minimum ?? ""}…${maximum ?? ""}</span>`;
  const byDefault =
    rest.default === undefined ? "" : ` <span class="quiet">= ${escapeHtml(JSON.stringify(rest.default))}</span>`;
  const name = $ref?.split("/").at(-1);
  if (name !== undefined) return `<a href="#schema-${name}">${name}</a>${byDefault}`;
  if (rest.const !== undefined) return `<i>${escapeHtml(JSON.stringify(rest.const))}</i>`;
  if (rest.enum !== undefined)
    return `<i>${rest.enum.map((value) => escapeHtml(JSON.stringify(value))).join(" | ")}</i>${byDefault}`;
  if (anyOf !== undefined) return `${anyOf.map((choice) => typeText(choice)).join(" | ")}${byDefault}`;
  if (type === "array") return `${typeText(items)}[]`;
  if (properties !== undefined) {
    const fields = Object.entries(properties).map(
      ([field, of]) => `${escapeHtml(field)}${required.includes(field) ? "" : "?"}: ${typeText(of)}`,
    );
    return `{ ${fields.join(", ")} }`;
  }
  const plain = type === undefined ? "any" : [type].flat().join(" | ");
  return `<i>${format ?? plain}</i>${bounds}${byDefault}`;
}

function errorsSection(): string {
  const rows = ERROR_CODES.map(
    (code) =>
      `<tr id="error-${code}"><td><code>${code}</code></td><td>${HTTP_STATUS[code]}</td><td>${prose(MEANING[code])}</td></tr>`,
  );
  return `<h2 class="tag" id="errors">Errors</h2><p>Problem details of RFC 9457, as <code>application/problem+json</code>:
<code>code</code> is for programs, <code>detail</code> for people, <code>request_id</code> finds it in the log.</p>
<div class="scroll"><table>${rows.join("")}</table></div>`;
}

function prose(text: string): string {
  return escapeHtml(text).replaceAll(/`([^`]+)`/g, "<code>$1</code>");
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
