import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** Packages of this workspace have their sources under this condition of `exports`: tests need no build. */
const SOURCES = "waybill-source";

// The threads and processes that tests start read the same modules each time: compiled once, they start twice as fast.
process.env["NODE_COMPILE_CACHE"] ??= fileURLToPath(new URL("node_modules/.cache/compiled", import.meta.url));

export default defineConfig({
  ssr: { resolve: { conditions: [SOURCES, "module", "node", "import", "default"] } },
  test: {
    include: ["{server,sdk,dashboard}/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**"],
    // A machine may be busy with other things: what is slow there is no fault, and only what hangs is.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000 } },
    maxWorkers: 2,
    // Files of one worker have their modules in common. No module of ours remembers anything of a caller.
    isolate: false,
  },
});
