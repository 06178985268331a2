import { describe, expect, it } from "vitest";
import { providersFromEnvironment, withEnvironment } from "./configuration.ts";
import { ModelError } from "./model.ts";
import { createModels } from "./models.ts";

const openai = { type: "openai", apiKey: "sk-1" } as const;
const anthropic = { type: "anthropic", apiKey: "sk-2" } as const;
const ollama = { type: "ollama" } as const;

describe("the default model", () => {
  it("is the offline model when nothing is configured", () => {
    expect(createModels().defaultModel).toBe("local:reference");
    expect(createModels().providers()).toEqual(["local"]);
  });

  it("is the first provider's own when nobody names one", () => {
    expect(createModels({ providers: { anthropic, openai } }).defaultModel).toMatch(/^anthropic:claude-/);
    expect(createModels({ providers: { house: { ...ollama, defaultModel: "qwen3:8b" } } }).defaultModel).toBe(
      "house:qwen3:8b",
    );
  });

  it("is what the configuration names", () => {
    expect(createModels({ default: "gpt-5-nano", providers: { anthropic, openai } }).defaultModel).toBe(
      "openai:gpt-5-nano",
    );
    expect(createModels({ default: "local:reference", providers: { openai } }).defaultModel).toBe("local:reference");
  });

  it("must be reachable", () => {
    expect(() => createModels({ default: "openai:gpt-5" })).toThrow(/Set OPENAI_API_KEY/);
  });
});

describe("a tier", () => {
  it("is the default model until the configuration names one", () => {
    const models = createModels({ providers: { openai }, tiers: { small: "gpt-5-nano" } });
    expect(models.forTier("small")).toBe("openai:gpt-5-nano");
    expect(models.forTier("large")).toBe(models.defaultModel);
  });
});

describe("a model's name", () => {
  const models = createModels({
    providers: { openai, anthropic, ollama, box: { type: "openai-compatible", baseUrl: "http://box/v1" } },
  });

  it.each([
    ["gpt-5-mini", undefined, "openai:gpt-5-mini"],
    ["o3", undefined, "openai:o3"],
    ["claude-opus-4-1", undefined, "anthropic:claude-opus-4-1"],
    ["llama3.2:3b", undefined, "ollama:llama3.2:3b"],
    ["ollama:llama3.2:3b", undefined, "ollama:llama3.2:3b"],
    ["box:any/model", undefined, "box:any/model"],
    ["gpt-5-mini", "box", "box:gpt-5-mini"],
    ["openai:gpt-5-mini", "openai", "openai:gpt-5-mini"],
    ["", "anthropic", "anthropic:claude-sonnet-4-5"],
    ["reference", undefined, "local:reference"],
    ["local:reference", undefined, "local:reference"],
    ["local", undefined, "local:reference"],
    ["openai", undefined, "openai:gpt-5-mini"],
  ])("%s of %s is %s", (name, provider, id) => {
    expect(models.resolve(name, provider)).toBe(id);
  });

  it.each([
    ["gpt-5", "groq"],
    ["local:other", undefined],
    ["", undefined],
    ["", "box"],
  ])("%s of %s is unknown, and the error lists what is configured", (name, provider) => {
    expect(() => models.resolve(name, provider)).toThrow(ModelError);
    expect(() => models.resolve(name, provider)).toThrow(/openai, anthropic, ollama, box, local/);
  });

  it("that is unknown fails the call by that code", async () => {
    const call = createModels().call({
      model: "openai:gpt-5",
      prompt: [{ role: "user", text: "Hi" }],
      tools: [],
      signal: new AbortController().signal,
    });
    await expect(call).rejects.toMatchObject({ code: "unknown_model", retryable: false });
  });
});

describe("the configuration", () => {
  it("refuses a provider that could never answer", () => {
    expect(() => createModels({ providers: { openai: { type: "openai" } } })).toThrow(/needs an apiKey/);
    expect(() => createModels({ providers: { box: { type: "openai-compatible" } } })).toThrow(/needs a baseUrl/);
    expect(() => createModels({ providers: { local: openai } })).toThrow(/offline model/);
    expect(() => createModels({ providers: { openai: { ...openai, baseUrl: "ftp://example.com" } } })).toThrow();
  });
});

describe("the environment", () => {
  it("names no provider when it has no keys", () => {
    expect(providersFromEnvironment({ OPENAI_API_KEY: "", PATH: "/bin" })).toEqual({});
  });

  it("names providers by their keys, with their base URLs", () => {
    expect(
      providersFromEnvironment({
        OPENAI_API_KEY: "a",
        OPENAI_BASE_URL: "http://proxy/v1",
        ANTHROPIC_API_KEY: "b",
        OLLAMA_BASE_URL: "http://box:11434",
      }),
    ).toEqual({
      openai: { type: "openai-compatible", apiKey: "a", baseUrl: "http://proxy/v1", defaultModel: "gpt-5-mini" },
      anthropic: { type: "anthropic", apiKey: "b" },
      ollama: { type: "ollama", baseUrl: "http://box:11434" },
    });
  });

  it.each([
    ["a key", { OPENAI_API_KEY: "a" }, { type: "openai", apiKey: "a" }],
    [
      "OpenAI's own address in another region",
      { OPENAI_API_KEY: "a", OPENAI_BASE_URL: "https://eu.api.openai.com/v1" },
      { type: "openai", apiKey: "a", baseUrl: "https://eu.api.openai.com/v1" },
    ],
    [
      "an address that only ends like OpenAI's",
      { OPENAI_API_KEY: "a", OPENAI_BASE_URL: "https://notopenai.com/v1" },
      { type: "openai-compatible", apiKey: "a", baseUrl: "https://notopenai.com/v1", defaultModel: "gpt-5-mini" },
    ],
    [
      "a server of one's own that wants no key",
      { OPENAI_BASE_URL: "localhost:8000/v1", OPENAI_MODEL: "house" },
      { type: "openai-compatible", baseUrl: "http://localhost:8000/v1", defaultModel: "house" },
    ],
  ])("%s is OpenAI, or a server that speaks like it", (_, env, openai) => {
    expect(providersFromEnvironment(env)).toEqual({ openai });
  });

  it.each([
    ["0.0.0.0", "http://127.0.0.1:11434"],
    ["box", "http://box:11434"],
    ["box:9000", "http://box:9000"],
    ["https://box.example", "https://box.example"],
  ])("OLLAMA_HOST=%s is reached at %s", (host, baseUrl) => {
    expect(providersFromEnvironment({ OLLAMA_HOST: host })["ollama"]?.baseUrl).toBe(baseUrl);
  });

  it.each([
    ["OPENAI_BASE_URL", "http://"],
    ["OLLAMA_HOST", "not a host"],
    ["OLLAMA_BASE_URL", "ftp://box"],
  ])("%s=%s is refused by its name", (name, value) => {
    expect(() => providersFromEnvironment({ [name]: value })).toThrow(`${name} cannot be "${value}"`);
  });

  it("completes a configured provider of its type and never sends its key to another's", () => {
    const env = { OPENAI_API_KEY: "from-env" };
    expect(
      withEnvironment({ providers: { openai: { type: "openai", defaultModel: "gpt-5" } } }, env).providers,
    ).toEqual({
      openai: { type: "openai", apiKey: "from-env", defaultModel: "gpt-5" },
    });
    const proxy = { ...env, OPENAI_BASE_URL: "http://proxy/v1" };
    expect(withEnvironment({ providers: { openai: { type: "openai" } } }, proxy).providers).toMatchObject({
      openai: { type: "openai", apiKey: "from-env", baseUrl: "http://proxy/v1" },
    });
    const elsewhere = { openai: { type: "openai-compatible", baseUrl: "http://elsewhere/v1" } } as const;
    expect(withEnvironment({ providers: elsewhere }, env).providers).toEqual(elsewhere);
  });
});
