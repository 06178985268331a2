/** Which files a piece of code imports: what has to be watched of a configuration is more than its own file. */
import { registerHooks } from "node:module";
import { dirname, sep } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * The files that are imported while `load` runs, themselves or by others, those included that are not there. What it
 * throws is thrown after `files` is complete.
 */
export async function noteLoadedFiles<Loaded>(files: Set<string>, load: () => Promise<Loaded>): Promise<Loaded> {
  const note = (url: string) => {
    if (url.startsWith("file:")) files.add(fileURLToPath(new URL(url.replace(/[?#].*$/, ""))));
  };
  const hooks = registerHooks({
    resolve: (specifier, context, next) => {
      try {
        const resolved = next(specifier, context);
        note(resolved.url);
        return resolved;
      } catch (error) {
        if (URL.canParse(specifier, context.parentURL)) note(new URL(specifier, context.parentURL).href);
        throw error;
      }
    },
  });
  try {
    return await load();
  } finally {
    hooks.deregister();
  }
}

/** A configuration file and what it imports of its folder and the folders in that: what its owner edits with it. */
export function filesBeside(configFile: string, loaded: Iterable<string>): string[] {
  const folder = dirname(configFile) + sep;
  const own = [...loaded].filter((file) => file.startsWith(folder) && !file.split(sep).includes("node_modules"));
  return [...new Set([configFile, ...own])];
}
