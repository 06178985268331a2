import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { type EmbeddingServer, startEmbeddingServer, type Trouble } from "../../../test/providers/embedding-server.ts";
import type { Embedder, EmbeddingPurpose } from "../embedding.ts";
import type { PaidCall } from "../model.ts";
import { ModelError } from "../model.ts";
import { createEmbedder } from "./embedders.ts";
import { offlineEmbedder } from "./offline-embedder.ts";
import { providerEmbedder } from "./provider-embedder.ts";

const never = new AbortController().signal;
const embed = (embedder: Embedder, texts: readonly string[], purpose: EmbeddingPurpose = "passage") =>
  embedder.embed(texts, { purpose, signal: never });

async function failure(work: Promise<unknown>): Promise<ModelError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ModelError)) throw new Error(`not a ModelError: ${String(error)}`);
  return error;
}

function cosine(one: Float32Array = new Float32Array(), other: Float32Array = new Float32Array()): number {
  return one.reduce((sum, value, n) => sum + value * (other[n] ?? 0), 0);
}

describe("the offline embedder", () => {
  const offline = createEmbedder({ model: "local" });

  it("puts what is about the same things near each other", async () => {
    const [cat, kitten, tax] = await embed(offline, [
      "The cat sleeps on the carpet.",
      "A kitten is resting on a rug.",
      "Taxes on imported goods were raised by the government.",
    ]);
    expect(cosine(cat, kitten)).toBeGreaterThan(0.5);
    expect(cosine(cat, tax)).toBeLessThan(0.2);
    expect(cosine(cat, cat)).toBeCloseTo(1, 5);
    expect(cat).toHaveLength(offline.dimensions);
  });

  it("knows words that it never met by how they are written", async () => {
    const [own, alike, other] = await embed(offline, ["xr4471bq", "xr4471bz", "Donaudampfschifffahrt"]);
    expect(cosine(own, alike)).toBeGreaterThan(0.4);
    expect(Math.abs(cosine(own, other))).toBeLessThan(0.4);
  });

  it("answers in order, however the texts are shared among threads, and always the same", async () => {
    const texts = Array.from({ length: 100 }, (_, n) => `Number ${n} of the words about pump ${n * 7}.`);
    const all = await embed(offline, texts);
    for (const n of [0, 15, 16, 51, 99]) expect(all[n]).toEqual((await embed(offline, [texts[n] ?? ""]))[0]);
  });

  it("answers a question before the passages that wait", async () => {
    const embedder = offlineEmbedder(2);
    const texts = Array.from({ length: 512 }, (_, n) => `Number ${n} of the words about pump ${n * 7}.`);
    const ends: string[] = [];
    const passages = embed(embedder, texts).then(() => ends.push("passages"));
    await embed(embedder, ["Which pump?"], "query").then(() => ends.push("question"));
    await passages;
    expect(ends).toEqual(["question", "passages"]);
  });

  it("has no direction for a text without words, and none for no text", async () => {
    const [empty] = await embed(offline, ["?!"]);
    expect(empty?.every((value) => value === 0)).toBe(true);
    expect(await embed(offline, [])).toEqual([]);
  });

  it("is called off at once", async () => {
    const controller = new AbortController();
    const open = offline.embed(["text"], { purpose: "passage", signal: controller.signal });
    controller.abort();
    expect((await failure(open)).code).toBe("aborted");
    expect((await failure(offline.embed(["text"], { purpose: "query", signal: controller.signal }))).code).toBe(
      "aborted",
    );
  });

  it("is made of the table that its origin is stated for", async () => {
    const file = (name: string) => new URL(`../../../assets/${name}`, import.meta.url);
    const { sha256 } = z
      .object({ sha256: z.string() })
      .parse(JSON.parse(await readFile(file("glove-100d.json"), "utf8")));
    expect(
      createHash("sha256")
        .update(await readFile(file("glove-100d.bin")))
        .digest("hex"),
    ).toBe(sha256);
  });
});

describe("a provider's embedder", () => {
  let server: EmbeddingServer;
  beforeAll(async () => {
    server = await startEmbeddingServer();
  });
  afterAll(() => server.close());
  const providers = () => ({
    openai: { type: "openai", apiKey: "sk-one", baseUrl: `${server.url}/v1` } as const,
    ollama: { type: "ollama", baseUrl: server.url } as const,
    gateway: {
      type: "openai-compatible",
      baseUrl: `${server.url}/v1`,
      apiKey: "sk-two",
      headers: { "x-team": "blue" },
    } as const,
    anthropic: { type: "anthropic", apiKey: "sk-three" } as const,
  });

  it.each([
    ["openai:text-embedding-3-small", "Bearer sk-one"],
    ["ollama:nomic-embed-text", undefined],
    ["gateway:house/embedder", "Bearer sk-two"],
  ])("%s asks once, and gives vectors of length 1 in the order of the texts", async (model, authorization) => {
    const embedder = createEmbedder({ model }, providers());
    const before = server.calls.length;
    const vectors = await embed(embedder, ["abc", "ab cd"]);
    expect(embedder.model).toBe(model);
    expect(embedder.dimensions).toBe(2);
    expect(vectors.map((vector) => (vector[0] ?? 0) / (vector[1] ?? 1)).map(Math.round)).toEqual([3, 3]);
    expect(vectors.map((vector) => Math.hypot(...vector).toFixed(5))).toEqual(["1.00000", "1.00000"]);
    const [call, ...more] = server.calls.slice(before);
    expect(more).toEqual([]);
    expect(call?.model).toBe(model.slice(model.indexOf(":") + 1));
    expect(call?.input).toEqual(["abc", "ab cd"]);
    expect(call?.headers.authorization).toBe(authorization);
  });

  it("says what a request has cost, by the provider's count, also where its vectors are none", async () => {
    const prices = { "gateway:house/embedder": { input: 2, output: 0 } };
    const models: [model: string, costUsd: number | null][] = [
      ["openai:text-embedding-3-small", (5 * 0.02) / 1_000_000],
      ["gateway:house/embedder", 0.000_01],
      ["ollama:nomic-embed-text", 0],
      ["gateway:other", null],
    ];
    for (const [model, costUsd] of models) {
      const paid: PaidCall[] = [];
      const embedder = createEmbedder({ model }, providers(), prices);
      const options = {
        purpose: "passage",
        signal: AbortSignal.timeout(60_000),
        onPaid: paid.push.bind(paid),
      } as const;
      await embedder.embed(["abc"], options);
      server.fail("too_few");
      await expect(embedder.embed(["abc"], options)).rejects.toMatchObject({ code: "bad_answer" });
      expect(paid).toMatchObject(Array(2).fill({ usage: { inputTokens: 5, outputTokens: 0 }, costUsd }));
      expect(paid[0]).toMatchObject({ model: model.slice(model.indexOf(":") + 1), rawUsage: { tokens: 5 } });
    }
  });

  it("counts for itself what a provider says has cost no tokens", async () => {
    const paid: PaidCall[] = [];
    const embedder = createEmbedder({ model: "gateway:house/embedder" }, providers());
    server.fail("no_counts");
    const signal = AbortSignal.timeout(60_000);
    await embedder.embed(["one two three"], { purpose: "passage", signal, onPaid: paid.push.bind(paid) });
    expect(paid).toMatchObject([{ usage: { inputTokens: 3 }, rawUsage: { estimated: true } }]);
  });

  const troubles: [Trouble, string][] = [
    [{ status: 429, headers: { "retry-after": "7" } }, "rate_limited"],
    [{ status: 500 }, "unavailable"],
    [{ status: 401 }, "refused"],
    ["cut", "unavailable"],
    ["no_json", "bad_answer"],
    ["too_few", "bad_answer"],
    ["no_numbers", "bad_answer"],
  ];
  it("says what went wrong, and never asks again by itself", async () => {
    const embedder = createEmbedder({ model: "openai:text-embedding-3-small" }, providers());
    for (const [trouble, code] of troubles) {
      const before = server.calls.length;
      server.fail(trouble);
      const error = await failure(embed(embedder, ["abc", "de"]));
      expect(error.code, JSON.stringify(trouble)).toBe(code);
      if (code === "rate_limited") expect(error.retryAfterMs).toBe(7_000);
      expect(server.calls.length).toBe(before + 1);
    }
  });

  it("waits no longer than it is meant to, and is called off at once", async () => {
    const openai = providers().openai;
    const hasty = providerEmbedder({ provider: "openai", name: "m", config: openai, rate: null }, 50);
    server.fail("silence");
    expect((await failure(embed(hasty, ["abc"]))).code).toBe("unavailable");
    const controller = new AbortController();
    server.fail("silence");
    const before = server.calls.length;
    const open = createEmbedder({ model: "openai:m" }, providers()).embed(["abc"], {
      purpose: "query",
      signal: controller.signal,
    });
    await server.received(before + 1);
    controller.abort();
    expect((await failure(open)).code).toBe("aborted");
  });

  it("is unavailable when nobody listens", async () => {
    const gone = await startEmbeddingServer();
    await gone.close();
    const embedder = createEmbedder({ model: "ollama:m" }, { ollama: { type: "ollama", baseUrl: gone.url } });
    expect((await failure(embed(embedder, ["abc"]))).code).toBe("unavailable");
  });

  it("is refused by name where there is none", () => {
    const make = (model: string) => () => createEmbedder({ model }, providers());
    expect(make("nobody:model")).toThrow("one of openai, ollama, gateway, anthropic, local");
    expect(make("openai:")).toThrow("Unknown embedding model openai:");
    expect(make("text-embedding-3-small")).toThrow("Unknown embedding model");
    expect(make("anthropic:claude")).toThrow("anthropic has no embedding models");
  });
});

describe("a model from a folder", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "waybill-model-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("is refused by what the folder lacks", async () => {
    const make = () => createEmbedder({ model: folder });
    expect(make).toThrow("has no readable config.json");
    await writeFile(path.join(folder, "config.json"), "{}");
    expect(make).toThrow("is not as expected");
    await writeFile(path.join(folder, "config.json"), '{"hidden_size": 384}');
    expect(make).toThrow("has no tokenizer.json");
    await writeFile(path.join(folder, "tokenizer.json"), "{}");
    expect(make).toThrow("neither onnx/model.onnx nor onnx/model_quantized.onnx");
    await mkdir(path.join(folder, "onnx"));
    await writeFile(path.join(folder, "onnx", "model.onnx"), "no model");
    const embedder = make();
    expect(embedder.model).toBe(`folder:${path.basename(folder)}`);
    expect(embedder.dimensions).toBe(384);
    // By the package that is not installed; where it is, by the weights.
    expect(["refused", "unavailable"]).toContain((await failure(embed(embedder, ["text"]))).code);
  });
});
