import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { unlessDiskTrouble } from "./disk-trouble.ts";

const systemError = (code: string) => Object.assign(new Error(`${code}: it went wrong, write`), { code });

it("takes a file that may not grow so large for a disk that is full, as a limit of the process makes it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "waybill-disk-"));
  const file = await open(join(folder, "file"), "w");
  const beyond = file.write(Buffer.from("x"), 0, 1, Number.MAX_SAFE_INTEGER);
  await expect(unlessDiskTrouble(beyond)).rejects.toMatchObject({ code: "unavailable", detail: { retryAfterS: 10 } });
  await file.close();
  await rm(folder, { recursive: true });
});

it.each(["ENOSPC", "EDQUOT", "EFBIG", "EROFS", "EIO", "ESTALE", "ENODEV", "EMFILE", "SQLITE_IOERR_WRITE"])(
  "%s may be over when it is tried again",
  async (code) => {
    await expect(unlessDiskTrouble(Promise.reject(systemError(code)))).rejects.toMatchObject({ code: "unavailable" });
  },
);

it.each(["ENOENT", "EISDIR", "SQLITE_CORRUPT", "SQLITE_CONSTRAINT"])("%s is no trouble of the disk", async (code) => {
  const error = systemError(code);
  await expect(unlessDiskTrouble(Promise.reject(error))).rejects.toBe(error);
});
