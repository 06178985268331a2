/** One call each of providers that answer as a test says, over a real socket, to the end of the call. */

import { afterAll, beforeAll } from "vitest";
import { type ModelAnswer, type ModelCall, ModelError, type ModelId, type Models } from "../../src/models/model.ts";
import { createModels } from "../../src/models/models.ts";
import { type ProviderServer, providersAt, startProviderServer } from "./provider-server.ts";

export const ANTHROPIC: ModelId = "anthropic:claude-sonnet-4-5";
export const OPENAI: ModelId = "openai:gpt-5-mini";
/** Chat completions. */
export const GATEWAY: ModelId = "gateway:m";

const tools = [{ name: "add", description: "Adds.", inputSchema: { type: "object", properties: {} } }];

/** The values as events of a stream; a text as it is. */
export const events = (...values: unknown[]) =>
  values.map((value) => `data: ${typeof value === "string" ? value : JSON.stringify(value)}\n\n`).join("");

/** Providers for the tests of a file. */
export function askedProviders() {
  let server: ProviderServer;
  let models: Models;

  beforeAll(async () => {
    server = await startProviderServer();
    models = createModels({ providers: providersAt(server), prices: { "gateway:m": { input: 1, output: 2 } } });
  });
  afterAll(() => server.close());

  function ask(model: ModelId, more: Partial<ModelCall> = {}): Promise<ModelAnswer> {
    const prompt = [{ role: "user" as const, text: "Hi" }];
    return models.call({ model, prompt, tools, signal: new AbortController().signal, ...more });
  }

  /** What comes of exactly this text. */
  function answered(
    model: ModelId,
    text: string,
    then?: "open" | "pings" | "break",
    type?: string,
  ): Promise<ModelAnswer> {
    server.script({ kind: "text", text, ...(then && { then }), ...(type && { type }) });
    return ask(model);
  }

  async function failed(model: ModelId, text: string, type?: string): Promise<ModelError> {
    const error = await answered(model, text, undefined, type).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (!(error instanceof ModelError)) throw new Error(`not a ModelError: ${String(error)}`);
    return error;
  }

  return {
    get server() {
      return server;
    },
    ask,
    answered,
    failed,
  };
}
