/**
 * The entry of a process that reads a configuration, says what is wrong with it and ends. A process of its own: in the
 * server, modules that were imported once stay as they were.
 */
import { z } from "zod";
import { loadConfig } from "../config.ts";
import { asking } from "../handlers/agent/lookups.ts";
import { handlersOfConfig } from "../parts/handlers.ts";
import { noteLoadedFiles } from "./loaded-files.ts";
import { passOverTypeless } from "./warnings.ts";

const texts = z.record(z.string(), z.string().optional());
const sources = z.object({ mode: z.enum(["dev", "serve"]), flags: texts, folder: z.string() });

passOverTypeless();
process.once("message", (message: unknown) => void check(message));
// Whoever asked is gone.
process.once("disconnect", () => process.exit(1));

async function check(message: unknown): Promise<void> {
  const files = new Set<string>();
  let wrong: string | null = null;
  try {
    const given = { ...sources.parse(message), env: process.env };
    const config = await noteLoadedFiles(files, () => loadConfig(given));
    handlersOfConfig(
      config,
      asking(() => Promise.reject(new Error("Nothing runs here."))),
    );
  } catch (error) {
    wrong = error instanceof Error ? error.message : String(error);
  }
  process.send?.({ wrong, files: [...files] }, () => process.exit(0));
}
