/**
 * Embeds with a model from a folder, in the form that model hubs publish for browsers: `tokenizer.json`, `config.json` and
 * `onnx/model.onnx` or a smaller `onnx/model_quantized.onnx`. The package that runs it is not installed with Waybill, since it is 200
 * times as large; nothing is ever downloaded.
 */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import type { Embedder } from "../embedding.ts";
import { ModelError } from "../model.ts";
import { EmbeddingThreads } from "./embedding-threads.ts";

export type FolderModel = {
  folder: string;
  /** The weights in the folder. */
  dtype: "fp32" | "q8";
  /** How the vectors of a text's tokens become one. */
  pooling: "mean" | "cls";
  /** Prefixes that the model wants for questions and for passages. */
  prompts: { query: string; passage: string };
};

const config = z.object({ hidden_size: z.int().positive() });
const poolingConfig = z.object({ pooling_mode_cls_token: z.boolean().default(false) });
const sentenceConfig = z.object({
  prompts: z
    .object({ query: z.string().default(""), document: z.string().optional(), passage: z.string().optional() })
    .partial()
    .optional(),
});

/** Throws `refused`, with a sentence that names what the folder lacks. */
export function folderEmbedder(folder: string): Embedder {
  const { dimensions, model } = modelIn(folder);
  // The package computes on all cores by itself.
  const threads = new EmbeddingThreads({ module: "./folder-thread", data: model, count: 1 });
  return {
    model: `folder:${path.basename(folder)}`,
    dimensions,
    batchMax: 32,
    price: null,
    embed: (texts, options) => threads.embed(texts, options),
  };
}

function modelIn(folder: string): { dimensions: number; model: FolderModel } {
  const has = (name: string) => existsSync(path.join(folder, name));
  const read = (name: string): unknown => {
    try {
      return JSON.parse(readFileSync(path.join(folder, name), "utf8"));
    } catch (cause) {
      throw new ModelError("refused", `The embedding model ${folder} has no readable ${name}.`, { cause });
    }
  };
  const { hidden_size: dimensions } = parsed(config, read("config.json"), folder);
  if (!has("tokenizer.json")) throw new ModelError("refused", `The embedding model ${folder} has no tokenizer.json.`);
  const [full, quantized] = ["onnx/model.onnx", "onnx/model_quantized.onnx"].map(has);
  if (!full && !quantized) {
    throw new ModelError(
      "refused",
      `The embedding model ${folder} has neither onnx/model.onnx nor onnx/model_quantized.onnx.`,
    );
  }
  const pooling = has("1_Pooling/config.json") ? parsed(poolingConfig, read("1_Pooling/config.json"), folder) : null;
  const own = "config_sentence_transformers.json";
  const prompts = has(own) ? parsed(sentenceConfig, read(own), folder).prompts : undefined;
  return {
    dimensions,
    model: {
      folder,
      dtype: full ? "fp32" : "q8",
      pooling: pooling?.pooling_mode_cls_token ? "cls" : "mean",
      prompts: { query: prompts?.query ?? "", passage: prompts?.document ?? prompts?.passage ?? "" },
    },
  };
}

function parsed<Value>(schema: z.ZodType<Value>, value: unknown, folder: string): Value {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new ModelError(
    "refused",
    `A file of the embedding model ${folder} is not as expected: ${result.error.issues[0]?.message}.`,
  );
}
