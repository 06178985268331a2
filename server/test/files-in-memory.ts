/**
 * Before all tests: a temporary folder in memory, where the machine has one with room, as their thousands of commits would wait for
 * its disk. A process that is killed leaves there what it would leave on a disk, and none of them loses its power.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";

const IN_MEMORY = "/dev/shm";
/** Tests that run side by side have a third of a gigabyte in files. */
const ROOM_BYTES_MIN = 2 ** 31;
const PREFIX = `waybill-tests-${process.getuid?.() ?? 0}-`;

/** Leaves a folder alone that the environment names. Where the memory takes no files, they lie on the disk. */
export default function setup(): (() => void) | undefined {
  if (process.env["TMPDIR"] !== undefined || !existsSync(IN_MEMORY)) return undefined;
  const namespace = namespaceOfIds();
  removeOfTheDead(namespace);
  const { bavail, bsize } = statfsSync(IN_MEMORY);
  if (Math.min(bavail * bsize, process.availableMemory()) < ROOM_BYTES_MIN) return undefined;
  let folder: string;
  try {
    folder = mkdtempSync(join(IN_MEMORY, `${PREFIX}${namespace}-${process.pid}-${startOf(process.pid)}-`));
  } catch {
    return undefined;
  }
  process.env["TMPDIR"] = folder;
  return () => {
    delete process.env["TMPDIR"];
    rmSync(folder, { recursive: true, force: true });
  };
}

/**
 * Tests that were killed have not removed their folder, which would hold memory for ever. Containers may share the memory and
 * not the ids of processes: a folder of another namespace may be of one that lives, and stays.
 */
function removeOfTheDead(namespace: string): void {
  for (const name of readdirSync(IN_MEMORY)) {
    if (!name.startsWith(`${PREFIX}${namespace}-`)) continue;
    const [pid = "", start = ""] = name.slice(`${PREFIX}${namespace}-`.length).split("-");
    if (startOf(pid) === start) continue;
    try {
      rmSync(join(IN_MEMORY, name), { recursive: true, force: true });
    } catch {
      // A small disk that a test has mounted is still in it.
    }
  }
}

function namespaceOfIds(): string {
  return readlinkSync("/proc/self/ns/pid").replaceAll(/\D/g, "");
}

/** When a process began, in ticks of the machine's clock, as an id is given again once its process is gone; null where it is. */
function startOf(pid: number | string): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name in brackets may hold anything; the start is the 20th field behind it.
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? null;
  } catch {
    return null;
  }
}
