/** A stream of the protocol as its reader has it: what each frame says, in the words of its dialect. */
import { z } from "zod";
import { framesOf } from "../sse.ts";
import type { Dialect } from "./client.ts";

const object = z.record(z.string(), z.unknown());
const message = z.looseObject({ parts: z.array(z.looseObject({ text: z.string().optional() })).optional() });
const told = z.looseObject({
  status: z.looseObject({ state: z.string(), message: message.optional() }).optional(),
  artifact: z
    .looseObject({ artifactId: z.string(), parts: z.array(z.looseObject({ text: z.string().optional() })) })
    .optional(),
  artifacts: z.array(z.looseObject({ artifactId: z.string() })).optional(),
  append: z.boolean().optional(),
  lastChunk: z.boolean().optional(),
  final: z.boolean().optional(),
});
export type Told = {
  id: string;
  what: "task" | "message" | "status" | "artifact" | "error";
  /** In lower case, without a prefix. */
  state: string | undefined;
  body: z.infer<typeof told>;
  raw: string;
};

const KINDS: Readonly<Record<string, Told["what"]>> = {
  task: "task",
  message: "message",
  msg: "message",
  statusUpdate: "status",
  "status-update": "status",
  artifactUpdate: "artifact",
  "artifact-update": "artifact",
};

/** What a stream tells, one after the other. */
export async function* streamed(response: Response, dialect: Dialect): AsyncGenerator<Told> {
  for await (const { id, data, event } of framesOf(response)) {
    const body = object.parse(JSON.parse(data));
    if (body["error"] !== undefined || event === "error") {
      yield { id, what: "error", state: undefined, body: {}, raw: data };
      continue;
    }
    const shown = object.parse(dialect.startsWith("J") ? body["result"] : body);
    const kind = dialect === "J3" ? String(shown["kind"]) : (Object.keys(shown)[0] ?? "");
    const inner = told.parse(dialect === "J3" ? shown : shown[kind]);
    const what = KINDS[kind];
    if (what === undefined) throw new Error(`no event of the protocol: ${data}`);
    const state = inner.status?.state.replace("TASK_STATE_", "").toLowerCase().replaceAll("_", "-");
    yield { id, what, state, body: inner, raw: data };
  }
}

export async function all(response: Response, dialect: Dialect): Promise<Told[]> {
  const found: Told[] = [];
  for await (const told of streamed(response, dialect)) found.push(told);
  return found;
}

/** In a word each: `task working`, `artifact`, `status completed`. */
export function words(told: readonly Told[]): string[] {
  return told.map(({ what, state }) => (state === undefined ? what : `${what} ${state}`));
}

/** The text of an artifact as a client puts it together. */
export function textOf(told: readonly Told[], artifactId = "result"): string {
  let text = "";
  for (const { what, body } of told) {
    const own = what === "artifact" ? body.artifact : body.artifacts?.find((one) => one.artifactId === artifactId);
    if (own?.artifactId !== artifactId) continue;
    const { parts } = z.looseObject({ parts: z.array(z.looseObject({ text: z.string().optional() })) }).parse(own);
    const added = parts.map((part) => part.text ?? "").join("");
    text = body.append === true ? text + added : added;
  }
  return text;
}
