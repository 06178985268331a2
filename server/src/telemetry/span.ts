/** What is told of a piece of work once it is over, in OpenTelemetry's terms and without its packages. */

type AttributeValue = string | number | boolean | string[];

export type FinishedSpan = {
  name: string;
  kind: "internal" | "client" | "server";
  trace: string;
  id: string;
  parent: string | null;
  /** The parent is the caller's, and not of this server. */
  remoteParent: boolean;
  state?: string | undefined;
  startMs: number;
  endMs: number;
  /** Undefined is left out. */
  attributes: Record<string, AttributeValue | undefined>;
  error: { type: string; message: string } | null;
};

/** One request to a model, for the metrics of generative AI. */
export type FinishedModelCall = {
  operation: "chat" | "embeddings";
  provider: string;
  requestModel: string;
  responseModel: string | null;
  seconds: number;
  firstSeconds: number | null;
  /** `output` is null where there is none to be counted. */
  tokens: { input: number; output: number | null } | null;
  error: string | null;
};

/** Whoever sends it. Takes it at once, and throws nothing. */
export interface TelemetrySink {
  span(span: FinishedSpan): void;
  modelCall(call: FinishedModelCall): void;
}
