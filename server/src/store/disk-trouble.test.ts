import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { unlessDiskTrouble } from "./disk-trouble.ts";

const systemError = (code: string) => Object.assign(new Error(`${code}: it went wrong, write`), { code });

/** What a process is told whose files may not grow so large. */
const GROWN =
  'try { require("node:fs").writeFileSync("file", "x".repeat(9_999)) } catch ({ code }) { console.log(code) }';

it("takes a file that may not grow so large for a disk that is full, as a limit of the process makes it", async () => {
  const cwd = await mkdtemp(join(tmpdir(), "waybill-disk-"));
  const limited = ["-c", 'ulimit -f 1; exec "$0" -e "$1"', process.execPath, GROWN];
  const code = execFileSync("sh", limited, { cwd, encoding: "utf8" }).trim();
  await rm(cwd, { recursive: true });
  expect(code).toBe("EFBIG");
  const beyond = Promise.reject(systemError(code));
  await expect(unlessDiskTrouble(beyond)).rejects.toMatchObject({ code: "unavailable", detail: { retryAfterS: 10 } });
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
