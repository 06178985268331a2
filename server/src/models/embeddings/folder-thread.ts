/** The thread in which a model from a folder computes, with a package that is there only if the operator has installed it. */
import path from "node:path";
import { workerData } from "node:worker_threads";
import { z } from "zod";
import { ModelError } from "../model.ts";
import { embedInThread } from "./embed-in-thread.ts";
import type { FolderModel } from "./folder-embedder.ts";

/** Not installed with Waybill, and so not known to the compiler. */
const PACKAGE: string = "@huggingface/transformers";

type Pipeline = (texts: string[], options: { pooling: string; normalize: boolean }) => Promise<unknown>;
const transformers = z.object({
  // The package's own object, not a copy: its settings take effect.
  env: z.custom<object>((value) => typeof value === "object" && value !== null),
  pipeline: z.custom<(task: string, model: string, options: object) => Promise<Pipeline>>(
    (value) => typeof value === "function",
  ),
});
const tensor = z.looseObject({
  dims: z.tuple([z.int(), z.int().positive()]),
  data: z.custom<Float32Array>((value) => value instanceof Float32Array),
});

// Both ends are one program: the data was typed when it was sent.
const model: FolderModel = workerData;
let run: Pipeline | undefined;

embedInThread(async (texts, purpose) => {
  run ??= await open();
  const prompt = model.prompts[purpose];
  const given = texts.map((text) => prompt + text);
  const { dims, data } = tensor.parse(await run(given, { pooling: model.pooling, normalize: true }));
  const [rows, dimensions] = dims;
  return Array.from({ length: rows }, (_, row) => data.slice(row * dimensions, (row + 1) * dimensions));
});

async function open(): Promise<Pipeline> {
  let loaded: unknown;
  try {
    loaded = await import(PACKAGE);
  } catch (cause) {
    throw new ModelError(
      "refused",
      `A model from a folder needs the package ${PACKAGE}: install it beside Waybill with ONNXRUNTIME_NODE_INSTALL=skip npm install ${PACKAGE}`,
      { cause },
    );
  }
  const { env, pipeline } = transformers.parse(loaded);
  Object.assign(env, { allowRemoteModels: false, allowLocalModels: true, localModelPath: path.dirname(model.folder) });
  return await pipeline("feature-extraction", path.basename(model.folder), { dtype: model.dtype, device: "cpu" });
}
