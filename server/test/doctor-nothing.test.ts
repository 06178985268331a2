/** `doctor` where there is no data to work on. */
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { runWaybill } from "./command.ts";

it.each(["--mend", "--compact"])("makes no data of nothing with %s", async (flag) => {
  const above = await mkdtemp(join(tmpdir(), "waybill-nothing-"));
  const data = join(above, "none");
  const { code, talk } = await runWaybill(["doctor", "--data", data, flag]);
  expect(code).toBe(1);
  expect(talk).toContain("There is no Waybill data in");
  expect(existsSync(data)).toBe(false);
  await rm(above, { recursive: true });
});
