/**
 * Before all tests: a temporary folder in memory, where the machine has one with room, as their thousands of commits would wait for
 * its disk. A process that is killed leaves there what it would leave on a disk, and none of them loses its power.
 */
import { existsSync, mkdtempSync, readdirSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";

const IN_MEMORY = "/dev/shm";
/** Tests that run side by side have a third of a gigabyte in files. */
const ROOM_BYTES_MIN = 2 ** 31;
const PREFIX = `waybill-tests-${process.getuid?.() ?? 0}-`;

/** Leaves a folder alone that the environment names. */
export default function setup(): (() => void) | undefined {
  if (process.env["TMPDIR"] !== undefined || !existsSync(IN_MEMORY)) return undefined;
  removeOfTheDead();
  const { bavail, bsize } = statfsSync(IN_MEMORY);
  if (Math.min(bavail * bsize, process.availableMemory()) < ROOM_BYTES_MIN) return undefined;
  const folder = mkdtempSync(join(IN_MEMORY, `${PREFIX}${process.pid}-`));
  process.env["TMPDIR"] = folder;
  return () => {
    delete process.env["TMPDIR"];
    rmSync(folder, { recursive: true, force: true });
  };
}

/** Tests that were killed have not removed their folder, which would hold memory for ever. */
function removeOfTheDead(): void {
  for (const name of readdirSync(IN_MEMORY)) {
    const [pid = ""] = name.slice(PREFIX.length).split("-");
    if (!name.startsWith(PREFIX) || existsSync(`/proc/${pid}`)) continue;
    try {
      rmSync(join(IN_MEMORY, name), { recursive: true, force: true });
    } catch {
      // A small disk that a test has mounted is still in it.
    }
  }
}
