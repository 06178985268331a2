/**
 * Makes the JavaScript of `server/dist`: a file for each way into the server, and chunks that these share, where a part is
 * loaded late as in the sources. To find, read and link a thousand small files is a third of a start. Packages stay
 * outside; types are the compiler's.
 */
import { globSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, posix, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

const SERVER = fileURLToPath(new URL("../server", import.meta.url));
const SOURCES = join(SERVER, "src");
const DIST = join(SERVER, "dist");
const CHUNKS = "chunks";
/** Written last: what is no older than the sources is whole. */
const LAST = "cli/main.js";

/** The command, the package, and what a thread or a process begins with. */
const ENTRIES = [
  "cli/main",
  "index",
  "cli/config-check",
  "cli/jq-worker",
  "cli/run-process",
  "extraction/language-entry",
  "extraction/reader-entry",
  "extraction/recognizer-worker",
  "guardrails/offline/detection-worker",
  "handlers/documents/text-worker",
  "http/body/parser-worker",
  "models/embeddings/folder-thread",
  "models/embeddings/word-vectors-thread",
  "models/offline/worker",
  "models/token-worker",
  "store/sqlite/thread/worker",
  "verbs/implementation/schema-worker",
];

/** Does nothing where the bundle is as new as the sources. */
export async function bundleServer() {
  const sources = globSync("**/*.ts", { cwd: SOURCES }).map((file) => join(SOURCES, file));
  const changed = Math.max(...[...sources, fileURLToPath(import.meta.url)].map((file) => statSync(file).mtimeMs));
  const built = statSync(join(DIST, LAST), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (built > changed) return;
  const files = await bundled();
  mkdirSync(DIST, { recursive: true });
  // A server that runs from here never finds half a file.
  const making = mkdtempSync(join(DIST, ".making-"));
  for (const [at, [name, content]] of [...files].entries()) {
    const file = join(DIST, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(join(making, String(at)), content);
    renameSync(join(making, String(at)), file);
  }
  rmSync(making, { recursive: true });
  for (const name of globSync("**/*.{js,js.map}", { cwd: DIST })) {
    if (!files.has(name.split(sep).join("/"))) rmSync(join(DIST, name));
  }
}

/** @returns {Promise<Map<string, string | Uint8Array>>} */
async function bundled() {
  const { rolldown } = await import("rolldown");
  const bundle = await rolldown({
    cwd: SERVER,
    platform: "node",
    input: Object.fromEntries(ENTRIES.map((entry) => [entry, join(SOURCES, `${entry}.ts`)])),
    external: (id) => !id.startsWith(".") && !id.startsWith(SOURCES),
    plugins: [OWN_PLACE],
    treeshake: false,
  });
  try {
    const { output } = await bundle.generate({
      format: "esm",
      sourcemap: true,
      // What runs is what was written: both this and `treeshake` drop a `decodeURIComponent` whose error alone is wanted.
      minify: false,
      entryFileNames: "[name].js",
      chunkFileNames: `${CHUNKS}/[name].js`,
      // A server that runs while its package is replaced loads parts of the new one late: by letters, they would be given others
      // of the old one than they ask for.
      minifyInternalExports: false,
    });
    const files = output.map((file) => [file.fileName, file.type === "chunk" ? file.code : file.source]);
    return new Map(files.sort(([one], [other]) => Number(one === LAST) - Number(other === LAST)));
  } finally {
    await bundle.close();
  }
}

/**
 * A module of a chunk goes on finding threads, tables and assets from where it would stand by itself. No line moves: maps
 * to the sources stay right.
 */
const OWN_PLACE = {
  name: "own-place",
  transform(code, id) {
    if (!code.includes("import.meta.url")) return null;
    const own = relative(SOURCES, id).split(sep).join("/").replace(/\.ts$/, ".js");
    return { code: code.replaceAll("import.meta.url", `import.meta.ownPlace(${JSON.stringify(own)})`), map: null };
  },
  renderChunk(code, { fileName }) {
    const up = posix.relative(posix.dirname(fileName), "") || ".";
    const there = (_, own) => `new URL(${JSON.stringify(`${up}/${own}`)}, import.meta.url).href`;
    return { code: code.replaceAll(/import\.meta\.ownPlace\("([^"]+)"\)/g, there), map: null };
  },
};

if (process.argv[1] === fileURLToPath(import.meta.url)) await bundleServer();
