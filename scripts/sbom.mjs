// Writes what the published server is made of, as CycloneDX 1.5: `node scripts/sbom.mjs [FILE]`, to stdout without a file. It
// is made from the lock file, so that it says what is installed and not what a registry has today. Refuses a part of others
// whose hash or licence is not known.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const WORKSPACE = "waybill-workspace";
const read = (path) => JSON.parse(readFileSync(`${ROOT}${path}`, "utf8"));

const words = ["sbom", "--sbom-format=cyclonedx", "--sbom-type=application", "--omit=dev", "--package-lock-only"];
const bom = JSON.parse(
  execFileSync("npm", [...words, "--workspace=sdk", "--workspace=server"], {
    cwd: ROOT,
    encoding: "utf8",
    maxBuffer: 64 << 20,
  }),
);

// npm names the root after the folder that it lies in: what is published is the server.
const { name, version, description, license } = read("server/package.json");
const own = `${name}@${version}`;
const isOwn = ({ purl }) => purl === `pkg:npm/${name}@${version}`;
bom.metadata.component = {
  "bom-ref": own,
  type: "application",
  name,
  version,
  description,
  purl: `pkg:npm/${name}@${version}`,
  licenses: [{ license: { id: license } }],
};
// Those of ours, too, by what they are called where they are published.
const nameIn = (purl) =>
  decodeURIComponent(purl)
    .slice(8)
    .replace(/@[^@]*$/, "");
bom.components = bom.components
  .filter((component) => !isOwn(component))
  .map((component) => ({ ...component, name: nameIn(component.purl) }));
bom.dependencies = bom.dependencies.filter(({ ref }) => !ref.startsWith(`${WORKSPACE}@`));

const ours = new Set(["sdk", "server"].map((folder) => read(`${folder}/package.json`).name));
const foreign = bom.components.filter((component) => !ours.has(component.name));
const unknown = foreign.filter(({ hashes = [], licenses = [] }) => hashes.length === 0 || licenses.length === 0);
if (unknown.length > 0) {
  process.stderr.write(`no hash or no licence: ${unknown.map(({ purl }) => purl).join(", ")}\n`);
  process.exit(1);
}

const text = `${JSON.stringify(bom, null, 2)}\n`;
const [file] = process.argv.slice(2);
if (file === undefined) process.stdout.write(text);
else {
  writeFileSync(file, text);
  process.stdout.write(`${file}: ${own}, ${foreign.length} parts of others\n`);
}
