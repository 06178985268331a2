import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Packages of this workspace have their sources under this condition of `exports`: tests need no build. */
const SOURCES = "waybill-source";

// The threads and processes that tests start read the same modules each time: compiled once, they start twice as fast.
process.env["NODE_COMPILE_CACHE"] ??= fileURLToPath(new URL("node_modules/.cache/compiled", import.meta.url));

/** What begins a process reads the file that it begins with from the bundle, as in the package: to find, read and strip the sources takes more. */
const FROM_BUNDLE = ["extraction/confined-process", "main", "models/offline/worker-channel"];
const SERVER = new URL("server/", import.meta.url).href;

/** Asked where it runs, as who plants faults wants the sources: what was made of a module is kept between runs. */
const beginningsFromBundle = {
  name: "beginnings-from-bundle",
  transform(code: string, id: string) {
    const own = FROM_BUNDLE.find((name) => id.endsWith(`/server/src/${name}.ts`));
    if (own === undefined) return null;
    const there = JSON.stringify(`${SERVER}dist/${own}.js`);
    return {
      code: code.replaceAll("import.meta.url", `(process.env.BEGINNINGS === "sources" ? import.meta.url : ${there})`),
      map: null,
    };
  },
};

/** The longest, five seconds and more of a quiet machine: they begin first, so that the workers end at the same time. */
const LONGEST = [
  "server/src/store/sqlite/store.test.ts",
  "server/test/crashes.test.ts",
  "server/test/corpus.test.ts",
  "server/test/callers.test.ts",
  "server/test/remote-agent/remote-agent.test.ts",
  "server/test/damage.test.ts",
  "server/test/full-disk-backup.test.ts",
  "server/test/full-disk.test.ts",
  "server/test/totals.test.ts",
  "server/test/paid-requests.test.ts",
  "server/test/orchestrate/knowledge.test.ts",
  "server/src/delivery/delivery.test.ts",
  "server/src/extraction/hostile.test.ts",
  "server/test/orchestrate/streams.test.ts",
  "server/src/extraction/formats/picture.test.ts",
  "server/src/engine/embedded/embedded-engine.test.ts",
  "server/src/store/sqlite/doctor/copied-rows.test.ts",
  "server/test/suspect-agent.test.ts",
  "server/test/process.test.ts",
  "server/test/telemetry.test.ts",
  "server/test/erasure-kill.test.ts",
  "server/test/simulator/simulator.test.ts",
  "server/test/audit.test.ts",
  "server/test/erasure.test.ts",
  "server/test/held-by-keys.test.ts",
  "server/test/dashboard.test.ts",
  "server/test/webhooks-kill.test.ts",
  "server/test/agent-changes.test.ts",
  "server/src/models/providers.test.ts",
];

/** Without times of an earlier run, vitest goes by the size of files, of which the longest are small. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const longest = LONGEST.flatMap((file) => sorted.filter(({ moduleId }) => moduleId.endsWith(`/${file}`)));
    return [...longest, ...sorted.filter((file) => !longest.includes(file))];
  }
}

export default defineConfig({
  plugins: [beginningsFromBundle],
  ssr: { resolve: { conditions: [SOURCES, "module", "node", "import", "default"] } },
  test: {
    include: ["{server,sdk,dashboard}/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**"],
    // A machine may be busy with other things: what is slow there is no fault, and only what hangs is.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    expect: { poll: { timeout: 60_000 } },
    // Tests wait a sixth of their time: for processes, for keys that expire.
    maxWorkers: 3,
    // With room for what a test makes and lets go of, hardly any of it is copied: an eighth of the processor time.
    execArgv: ["--min-semi-space-size=32", "--max-semi-space-size=32"],
    globalSetup: ["server/test/bundled.ts", "server/test/files-in-memory.ts"],
    sequence: { sequencer: LongestFirst },
    // Files of one worker have their modules in common. No module of ours remembers anything of a caller.
    isolate: false,
  },
});
