/** What comes from elsewhere: each package by its hash and under a licence that we may pass on, each image and action by its content. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { z } from "zod";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

const ALLOWED: ReadonlySet<string> = new Set([
  "MIT",
  "MIT-0",
  "Apache-2.0",
  "ISC",
  "0BSD",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "BlueOak-1.0.0",
]);
/** Packages of other licences, with why they may be here. */
const EXCEPTIONS: Readonly<Record<string, { licence: string; why: string }>> = {
  "fast-sha256": { licence: "Unlicense", why: "of a test alone, by way of standardwebhooks: public domain" },
  lightningcss: { licence: "MPL-2.0", why: "of tests alone, by way of vitest, unchanged: nothing of it is published" },
};

const lockFile = z.object({
  packages: z.record(
    z.string(),
    z.object({
      version: z.string().optional(),
      integrity: z.string().optional(),
      resolved: z.string().optional(),
      license: z.string().optional(),
      link: z.boolean().optional(),
      dev: z.boolean().optional(),
    }),
  ),
});

const packages = Object.entries(lockFile.parse(JSON.parse(read("package-lock.json"))).packages)
  .filter(([path, { link }]) => path.includes("node_modules/") && link !== true)
  .map(([path, entry]) => ({ path, name: path.replace(/^.*node_modules\//, ""), ...entry }));

/** One that may be chosen is enough. */
function isAllowed(expression = ""): boolean {
  return expression
    .replaceAll(/[()]/g, "")
    .split(" OR ")
    .some((choice) => choice.split(" AND ").every((each) => ALLOWED.has(each)));
}

describe("package-lock.json", () => {
  test("knows hundreds of packages, each by a hash of its bytes and none by a host", () => {
    expect(packages.length).toBeGreaterThan(300);
    const unknown = packages.filter(({ integrity }) => !/^sha512-[A-Za-z0-9+/]{86}==$/.test(integrity ?? ""));
    expect(unknown.map(({ path }) => path)).toEqual([]);
    expect(packages.filter(({ resolved }) => resolved !== undefined).map(({ path }) => path)).toEqual([]);
  });

  test("has packages of licences alone that we may pass on, but for those that are named with why", () => {
    const others = packages.filter(({ license }) => !isAllowed(license));
    for (const { name, license, dev } of others) {
      const known = EXCEPTIONS[name] ?? EXCEPTIONS[name.split("-")[0] ?? ""];
      expect({ name, licence: license }).toEqual({ name, licence: known?.licence });
      // What is published carries no exception.
      expect({ name, dev }).toEqual({ name, dev: true });
    }
    expect(Object.keys(EXCEPTIONS).filter((name) => !others.some((other) => other.name === name))).toEqual([]);
  });
});

/** Of packages of Python: lines that go on are one. */
function requirementsIn(path: string): string[] {
  return read(path)
    .replaceAll(/\\\n/g, " ")
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.trim().startsWith("#"));
}

test("every package of Python is named by its version and its hashes, and none by where it lies", () => {
  const files = readdirSync(ROOT, { recursive: true, encoding: "utf8" }).filter(
    (path) =>
      /(?:^|\/)(?:requirements|without-dependencies)\.txt$/.test(path) &&
      !/(?:^|\/)(?:node_modules|\.cache)\//.test(path),
  );
  expect(files.length).toBeGreaterThanOrEqual(7);
  for (const file of files) {
    const lines = requirementsIn(file);
    expect([file, lines.length > 0]).toEqual([file, true]);
    const unpinned = lines.filter(
      (line) => !/^[\w.-]+(?:\[\w,]+\])?==\S+(?: *;[^;]*?)?(?:\s+--hash=sha256:[0-9a-f]{64})+\s*$/.test(line),
    );
    expect([file, unpinned]).toEqual([file, []]);
  }
});

test("images are named by their digests", () => {
  const images = [...read("Dockerfile").matchAll(/^FROM (\S+)/gm)].map(([, image]) => image);
  expect(images.length).toBeGreaterThan(1);
  for (const image of images) expect(image).toMatch(/^[\w./:-]+@sha256:[0-9a-f]{64}$/);
  expect(read("compose.yaml")).not.toMatch(/^\s*image:/m);
});

describe("workflows", () => {
  const files = readdirSync(join(ROOT, ".github/workflows"));
  const workflows = files.map((file) => ({ file, text: read(`.github/workflows/${file}`) }));

  test("name actions by their commits, and give a job no right that it does not name", () => {
    for (const { file, text } of workflows) {
      const uses = [...text.matchAll(/\buses: (.+)$/gm)].map(([, action]) => action);
      expect(uses.length, file).toBeGreaterThan(0);
      for (const action of uses) expect(action, file).toMatch(/^[\w-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
      expect(text, file).toMatch(/^permissions: \{\}$/m);
    }
  });

  test("publish with provenance", () => {
    const publishes = workflows.flatMap(({ text }) => [...text.matchAll(/npm publish .*$/gm)].map(([line]) => line));
    expect(publishes).toHaveLength(2);
    for (const line of publishes) expect(line).toContain("--provenance");
    expect(read(".github/workflows/release.yml")).toMatch(/id-token: write/);
  });
});

/** What CycloneDX 1.5 allows of the fields that are written: it refuses every other one. */
const ref = z.string().min(1);
const license = z.union([
  z.strictObject({ license: z.strictObject({ id: z.string().regex(/^[\w.-]+$/) }) }),
  z.strictObject({ expression: z.string().min(1) }),
]);
const component = z.strictObject({
  "bom-ref": ref,
  type: z.enum(["application", "framework", "library", "container", "platform", "operating-system", "device", "file"]),
  name: z.string(),
  version: z.string(),
  description: z.string().optional(),
  scope: z.enum(["required", "optional", "excluded"]).optional(),
  purl: z.string().regex(/^pkg:npm\/(?:%40[\w.-]+\/)?[\w.-]+@\d[\w.+-]*$/),
  licenses: z.array(license).min(1),
  hashes: z
    .array(z.strictObject({ alg: z.literal("SHA-512"), content: z.string().regex(/^[0-9a-f]{128}$/) }))
    .optional(),
  properties: z.array(z.strictObject({ name: z.string(), value: z.string() })).optional(),
  externalReferences: z.array(z.strictObject({ type: z.string(), url: z.string() })).optional(),
});
const bom = z.strictObject({
  $schema: z.literal("http://cyclonedx.org/schema/bom-1.5.schema.json"),
  bomFormat: z.literal("CycloneDX"),
  specVersion: z.literal("1.5"),
  serialNumber: z.string().regex(/^urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
  version: z.int().min(1),
  metadata: z.strictObject({
    timestamp: z.iso.datetime(),
    lifecycles: z.array(z.strictObject({ phase: z.enum(["design", "pre-build", "build", "post-build"]) })),
    tools: z.array(z.strictObject({ vendor: z.string(), name: z.string(), version: z.string() })),
    component,
  }),
  components: z.array(component),
  dependencies: z.array(z.strictObject({ ref, dependsOn: z.array(ref).optional() })),
});

test("the bill of materials is one of CycloneDX 1.5, in which every part is named once and every reference leads to one", () => {
  const said = execFileSync(process.execPath, ["scripts/sbom.mjs"], { cwd: ROOT, encoding: "utf8" });
  const { metadata, components, dependencies } = bom.parse(JSON.parse(said));
  const parts = [metadata.component, ...components].map((part) => part["bom-ref"]);
  expect(new Set(parts).size).toBe(parts.length);
  const refs = dependencies.map(({ ref: of }) => of);
  expect(new Set(refs).size).toBe(refs.length);
  const named = new Set([...refs, ...dependencies.flatMap(({ dependsOn = [] }) => dependsOn)]);
  expect([...named].filter((each) => !parts.includes(each))).toEqual([]);
  const lacking = components.filter(({ name, hashes = [] }) => hashes.length === 0 && name !== "@waybill/sdk");
  expect(lacking.map(({ name }) => name)).toEqual([]);
});
