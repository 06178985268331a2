/**
 * An operation of the protocol as data: what each version calls it, where it is over HTTP, and what it does, once for all
 * dialects.
 */
import type { IncomingHttpHeaders } from "node:http";
import type { z } from "zod";
import { foundWrong } from "../../task/json/found-wrong.ts";
import type { Json } from "../../task/json/json.ts";
import type { Principal } from "../../task/principal.ts";
import type { Idempotency } from "../../task/submission.ts";
import type { Agent } from "../../verbs/agents.ts";
import type { Verbs } from "../../verbs/verbs.ts";
import type { Uploads } from "../body/cut-json.ts";
import type { LensParts } from "../lens-parts.ts";
import type { Answer } from "../route.ts";
import { mustBeOwn } from "./agent.ts";
import type { Dialect } from "./dialect.ts";
import type { RpcId } from "./errors.ts";
import { InvalidParams } from "./faults.ts";
import type { Commands, OperationName } from "./model/command.ts";
import type { Base } from "./paths.ts";
import type { Version } from "./vocabulary.ts";

/** One request past its door, whatever dialect it came in. */
export type Exchange = {
  principal: Principal;
  verbs: Verbs;
  parts: LensParts;
  requestId: string;
  /** Whose base it came to. */
  agent: Agent;
  base: Base;
  /** Where the lens is, and that base below it: addresses without a slash at their end. */
  root: string;
  url: string;
  dialect: Dialect;
  /** Null over HTTP. */
  rpcId: RpcId;
  headers: IncomingHttpHeaders;
  /** URIs of extensions that the client can use. */
  extensions: ReadonlySet<string>;
  /** What was cut out of its body. */
  uploads: Uploads;
  idempotency: Idempotency | undefined;
  left: () => AbortSignal;
};

/** What an operation has come to: a result in the words of the dialect, or an answer that is no result, as a stream. */
export type Outcome = { result: Json } | { answer: Answer };

type Method = "GET" | "POST" | "DELETE";
/** A path of 1.0, below a base; 0.3 has the same below `/v1`, unless it names one of its own. */
export type OperationPath = { method: Method; path: string; v03?: string };

export type Operation = {
  name: OperationName;
  summary: string;
  /** Over JSON-RPC. */
  methods: Readonly<Record<Version, string>>;
  paths: readonly OperationPath[];
  /** Reads the parameters and does it. Throws `InvalidParams`, `forbidden` for another tenant than the caller's, and as its verb does. */
  perform: (exchange: Exchange, params: unknown) => Promise<Outcome>;
};

export function operation<Name extends OperationName>({
  run,
  ...doc
}: Omit<Operation, "perform" | "name"> & {
  name: Name;
  run: (exchange: Exchange, command: Commands[Name]) => Promise<Outcome>;
}): Operation {
  return {
    ...doc,
    perform: async (exchange, params) => {
      const schema: z.ZodType<Commands[Name]> = exchange.dialect.codec.read[doc.name];
      const read = foundWrong(schema, params ?? {});
      if (!read.success) throw new InvalidParams(read.error.issues.map(violationOf));
      mustBeOwn(exchange.principal.tenant, read.data.tenant);
      return run(exchange, read.data);
    },
  };
}

function violationOf({ path, message }: z.core.$ZodIssue): { field: string; description: string } {
  return { field: path.map(String).join("."), description: message };
}
