/** The models that answer. */
import { ZodError } from "zod";
import type { Config } from "../config.ts";
import { describe } from "../config-file.ts";
import { ModelError, type Models } from "../models/model.ts";
import { createModels } from "../models/models.ts";
import { StartError } from "./start-error.ts";

export function modelsOf(config: Config): Models {
  try {
    return createModels(config.models);
  } catch (error) {
    if (error instanceof ModelError) throw new StartError(error.message, true);
    if (error instanceof ZodError) throw new StartError(`models: ${error.issues.map(describe).join("; ")}`, true);
    throw error;
  }
}
