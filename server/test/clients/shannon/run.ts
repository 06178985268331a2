/**
 * Runs Shannon's official client for Python, unmodified, against a server that this starts: `node run.ts`. Exit code 0
 * when all checks pass.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import { startShannonServer } from "../../shannon-server.ts";
import { installedClient } from "../python.ts";

const run = await installedClient(import.meta.url);
const server = await startShannonServer();
const strict = await startShannonServer({ mode: "serve", keys: [{ user: "ada" }] });
const control = createServer((request, response) => {
  if (request.url === "/release") server.release();
  const held = request.url === "/held" ? server.held() : Promise.resolve();
  void held.then(() => response.end());
});
control.listen(0, "127.0.0.1");
await once(control, "listening");
const address = control.address();
const port = typeof address === "object" && address !== null ? address.port : 0;

process.exitCode = await run({
  SHANNON_BASE_URL: server.shannonUrl.replace(/\/$/, ""),
  SHANNON_API_KEY: "sk_test_123456",
  SHANNON_SERVE_URL: strict.shannonUrl.replace(/\/$/, ""),
  CONTROL_URL: `http://127.0.0.1:${port}`,
});
control.close();
control.closeAllConnections();
await Promise.all([server.stop(), strict.stop()]);
