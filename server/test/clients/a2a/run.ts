/**
 * Runs the official A2A clients for Python, unmodified, of both versions of the protocol, against servers that this starts:
 * `node run.ts`. Exit code 0 when all checks pass. Those for TypeScript are in `server/test/a2a/official-clients.test.ts`.
 */
import { conformance } from "../../../../examples/a2a-conformance/conformance.ts";
import { defineAgent } from "../../../src/handlers/agent/definition.ts";
import { startTestServer } from "../../server.ts";
import { installedClient } from "../python.ts";

const known = defineAgent({
  slug: "known",
  name: "Known",
  card: { extended: { description: "For those with a key." } },
});

const clients = await Promise.all(
  ["1.0/", "0.3/"].map((folder) => installedClient(new URL(folder, import.meta.url).href)),
);
const open = await startTestServer({ config: { agents: [conformance] } });
const guarded = await startTestServer({ mode: "serve", keys: [{ user: "ada" }], config: { agents: [known] } });
const env = {
  OPEN_URL: `${open.url}/a2a`,
  GUARDED_URL: `${guarded.url}/a2a`,
  KEY: guarded.secrets[0] ?? "",
};
const codes: number[] = [];
for (const run of clients) codes.push(await run(env));
process.exitCode = codes.every((code) => code === 0) ? 0 : 1;
await Promise.all([open.stop(), guarded.stop()]);
