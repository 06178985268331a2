/** `doctor` beside a database whose log is damaged. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { runWaybill } from "./command.ts";

it("names the start of the server, as nothing else mends a damaged log", async () => {
  const data = await mkdtemp(join(tmpdir(), "waybill-log-"));
  await runWaybill(["keys", "create", "--data", data, "--user", "ann"]);
  await writeFile(join(data, "waybill.sqlite-wal"), Buffer.alloc(100, 0x5a), { mode: 0o600 });
  const { code, out } = await runWaybill(["doctor", "--data", data]);
  expect(code).toBe(1);
  expect(out).toContain("the beginning of its write-ahead log is damaged");
  expect(out).toContain("Start the server");
  expect(out).not.toContain("doctor --mend");
  await rm(data, { recursive: true });
});
