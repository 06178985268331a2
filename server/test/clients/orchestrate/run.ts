/**
 * Runs the clients of watsonx Orchestrate's own development kit for Python, unmodified, against servers that this starts:
 * `node run.ts`. Exit code 0 when all checks pass.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startShannonServer } from "../../shannon-server.ts";
import { installedClient } from "../python.ts";

const run = await installedClient(import.meta.url);
const local = await startShannonServer();
const hosted = await startShannonServer({ mode: "serve", keys: [{ user: "ada" }] });
const unattended = await startShannonServer({
  config: { lenses: { orchestrate: { answerWithinMs: 1_000, timedOut: "failed" } } },
});
const home = await mkdtemp(join(tmpdir(), "waybill-client-"));
process.exitCode = await run({
  // The kit keeps settings there.
  HOME: home,
  LOCAL_URL: local.lensUrls["orchestrate"] ?? "",
  UNATTENDED_URL: unattended.lensUrls["orchestrate"] ?? "",
  HOSTED_URL: hosted.lensUrls["orchestrate"] ?? "",
  HOSTED_KEY: hosted.secrets[0] ?? "",
});
await Promise.all([local.stop(), hosted.stop(), unattended.stop(), rm(home, { recursive: true, force: true })]);
