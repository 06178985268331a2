// Names the images of the Dockerfile by the digests that their tags have now: `node scripts/image-digests.mjs`. With --check it
// changes nothing and ends with 1 where a digest is of no image of that name. Needs docker with buildx, and the network: so it
// is a maintainer's, and the release workflow's. The digest is of the index of all platforms.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const FILE = fileURLToPath(new URL("../Dockerfile", import.meta.url));
const FROM = /^FROM (\S+?)(?:@(sha256:[0-9a-f]{64}))?(?= |$)/gm;
const isCheck = process.argv.includes("--check");

function inspected(image) {
  const words = ["buildx", "imagetools", "inspect", image, "--format", "{{json .Manifest}}"];
  return JSON.parse(execFileSync("docker", words, { encoding: "utf8" })).digest;
}

const dockerfile = readFileSync(FILE, "utf8");
const images = [...dockerfile.matchAll(FROM)].map(([, image, digest]) => ({ image, digest }));
const now = new Map();
for (const { image, digest } of images) {
  if (isCheck) {
    // That it can be had by its digest is what counts: a tag moves on with each rebuild of its base.
    const found = digest === undefined ? undefined : inspected(`${image}@${digest}`);
    if (found !== digest || digest === undefined) {
      process.stderr.write(`${image} is not named by a digest that can be had.\n`);
      process.exitCode = 1;
    }
  } else if (!now.has(image)) now.set(image, inspected(image));
}
if (!isCheck) {
  writeFileSync(
    FILE,
    dockerfile.replaceAll(FROM, (_, image) => `FROM ${image}@${now.get(image)}`),
  );
  for (const [image, digest] of now) process.stdout.write(`${image}@${digest}\n`);
}
