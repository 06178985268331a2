/**
 * Requests of every sort, compared with what FastAPI 0.165 with pydantic 2.13 has answered to them. In the fixture a
 * branch of a union is called LIST whose name is that of a class of somebody else's.
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { parseJson } from "../../http/body/json-text.ts";
import { Refusal } from "../../task/errors.ts";
import type { Fault } from "../route.ts";
import { renderErrorTo } from "./errors.ts";
import { invalidRequest } from "./invalid-request.ts";
import { pageQuery } from "./page-query.ts";
import { runOrchestrate, runQuery } from "./runs/schema.ts";
import { createTask } from "./tasks/schema.ts";

const recorded = z.object({
  ask: z.string(),
  raw: z.string().optional(),
  type: z.string().optional(),
  body: z.unknown().optional(),
  detail: z.unknown().optional(),
  ok: z.unknown().optional(),
});
const lines = readFileSync(new URL("fixtures/validation.jsonl", import.meta.url), "utf8")
  .trimEnd()
  .split("\n");
const cases = lines.map((line) => recorded.parse(JSON.parse(line)));

const none = z.object({});
const ROUTES: Readonly<Record<string, { query: z.ZodType; body: z.ZodType | null }>> = {
  "POST /runs": { query: runQuery, body: runOrchestrate },
  "POST /tasks": { query: none, body: createTask },
  "GET /list": { query: z.object(pageQuery({ usual: 50, max: 1_000 })), body: null },
};

/** What the request is answered with: `detail`, or what its `llm_params` were read as. */
function answerTo({ ask, raw, type, body }: z.infer<typeof recorded>): unknown {
  const [route = "", search = ""] = ask.split("?");
  const { query: querySchema, body: bodySchema } = ROUTES[route] ?? { query: none, body: null };
  let sent = body;
  if (raw !== undefined) {
    sent = raw === "" ? undefined : raw;
    if (type?.includes("json") && raw !== "") {
      try {
        sent = parseJson(Buffer.from(raw));
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        return JSON.parse(renderErrorTo(401)(error, { id: "r", unread: true }).body);
      }
    }
  }
  const query = queryOf(search);
  const asked = querySchema.safeParse(query);
  const read = bodySchema?.safeParse(sent);
  const faults: Fault[] = [
    ...(asked.success ? [] : [fault("query", asked.error, query)]),
    ...(read === undefined || read.success ? [] : [fault("body", read.error, sent)]),
  ];
  const [first, second] = faults;
  if (first !== undefined) return { detail: JSON.parse(JSON.stringify(invalidRequest(first, second).errors)) };
  return { ok: route === "POST /runs" ? runOrchestrate.parse(sent).llm_params : null };
}

function fault(where: Fault["where"], { issues }: z.ZodError, value: unknown): Fault {
  return { where, issues, value, absent: where === "body" && value === undefined };
}

function queryOf(search: string): Record<string, string | string[]> {
  const found: Record<string, string | string[]> = {};
  for (const [name, value] of new URLSearchParams(search)) {
    const before = found[name];
    found[name] = before === undefined ? value : [before, value].flat();
  }
  return found;
}

/** As text, so that the order of keys counts. */
function comparable(answer: unknown): string {
  return JSON.stringify(answer).replaceAll(/"list\[[^"]*"/g, '"LIST"');
}

describe("what a request is refused for", () => {
  it.each(Object.keys(ROUTES))("is what its framework says, for each of the recorded requests of %s", (route) => {
    const own = cases.filter(({ ask }) => ask.split("?")[0] === route);
    expect(own.length).toBeGreaterThan(5);
    for (const recorded of own) {
      const { ask, raw, type, body, detail, ok } = recorded;
      const request = JSON.stringify({ ask, raw, type, body });
      const wanted = detail === undefined ? { ok } : { detail };
      expect([request, comparable(answerTo(recorded))]).toEqual([request, JSON.stringify(wanted)]);
    }
  });

  it("keeps the order of its keys", () => {
    const { errors } = invalidRequest({
      where: "body",
      ...runOrchestrateFault({ llm_params: { beam_width: 4, length_penalty: 5 } }),
    });
    expect(JSON.stringify(errors[0])).toBe(
      '{"type":"less_than_equal","loc":["body","llm_params","beam_width"],' +
        '"msg":"Input should be less than or equal to 3","input":4,"ctx":{"le":3}}',
    );
  });

  it("repeats no more of a large request than its beginning, and tells no more faults than can be read", () => {
    const { errors } = invalidRequest({
      where: "body",
      ...runOrchestrateFault({ message: { content: "x".repeat(100_000), document_ids: Array(5_000).fill(1) } }),
    });
    expect(errors).toHaveLength(1_000);
    expect(JSON.stringify(errors).length).toBeLessThan(200_000);
  });

  it("looks at no more of a list that does not fit than it tells of", () => {
    const { issues } = runOrchestrateFault({ message: { content: Array(90_000).fill(7) } });
    // One of them for the text that it is not.
    expect(issues.filter(({ path }) => path.includes("content"))).toHaveLength(1_001);
  });
});

function runOrchestrateFault(value: unknown): Omit<Fault, "where"> {
  const read = runOrchestrate.safeParse(value);
  return { issues: read.error?.issues ?? [], value, absent: false };
}
