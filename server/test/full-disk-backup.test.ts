/** Backups of and onto disks that are full: real ones, made small, where the machine lets tests mount them. */
import { execFileSync } from "node:child_process";
import {
  closeSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { layReserve } from "../src/store/sqlite/reserve.ts";
import { ended, runWaybill, spawnWaybill } from "./command.ts";
import { startTestServer } from "./server.ts";

const DISK_BYTES = 8 << 20;
const disk = mkdtempSync(join(tmpdir(), "waybill-full-backup-"));
const other = mkdtempSync(join(tmpdir(), "waybill-backups-"));
const data = join(disk, "data");
const canMount = mounts();

function mounts(): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${DISK_BYTES}`, "tmpfs", disk], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** Takes all the room that is left but for `left` bytes. */
function fill(left = 0): void {
  const { bsize } = statfsSync(disk);
  const block = Buffer.alloc(bsize);
  const file = openSync(join(disk, "filler"), "a");
  try {
    while (statfsSync(disk).bavail * bsize > left) writeSync(file, block);
    if (left === 0) for (;;) writeSync(file, block);
  } catch (error) {
    expect(error).toMatchObject({ code: "ENOSPC" });
  } finally {
    closeSync(file);
  }
}

/** As a start does that finds room. */
function makeRoom(): void {
  rmSync(join(disk, "filler"), { force: true });
  layReserve(data);
}

/** What lies on the full disk, and of copies beside it. SQLite's own two files come and go, and the reserve is for that. */
const left = () => [
  readdirSync(data).filter((name) => !/^reserve$|-(shm|wal)$/.test(name)),
  [...readdirSync(tmpdir()), ...readdirSync(other)].filter((name) => name.startsWith(".waybill-backup-")),
];
const TEXT = "x".repeat(200_000);

describe.skipIf(!canMount)("on a full disk", () => {
  afterEach(makeRoom);
  beforeAll(async () => {
    mkdirSync(data, { recursive: true });
    const server = await startTestServer({ data });
    const form = new FormData();
    form.append("file", new File([TEXT], "large.txt", { type: "text/plain" }));
    expect((await server.call("/v1/files", { method: "POST", body: form })).status).toBe(202);
    await server.stop();
  });
  afterAll(() => {
    execFileSync("umount", ["-l", disk]);
    for (const folder of [disk, other]) rmSync(folder, { recursive: true, force: true });
  });

  it.each([
    ["in the clear", []],
    ["encrypted", ["--passphrase-file", join(other, "passphrase")]],
  ])("a data folder is backed up to another disk %s, and leaves nothing else on either", async (how, flags) => {
    const archive = join(other, `${how}.tar`);
    execFileSync("sh", ["-c", `printf 'correct horse battery' > "$0"`, join(other, "passphrase")]);
    fill();
    const before = left();
    const { code, talk } = await runWaybill(["backup", archive, "--data", data, ...flags]);
    expect([code, talk]).toEqual([0, expect.stringContaining("read back and whole")]);
    expect(left()).toEqual(before);
    expect(readdirSync(other).filter((name) => name.startsWith(how) || name.startsWith("."))).toEqual([`${how}.tar`]);
    expect(statSync(archive).mode & 0o777).toBe(0o600);
    makeRoom();
    const restored = join(other, `restored ${how}`);
    expect((await runWaybill(["restore", archive, "--data", restored, ...flags])).code).toBe(0);
    const server = await startTestServer({ data: restored });
    expect(await (await server.call("/v1/files")).text()).toContain("large.txt");
    await server.stop();
  });

  it("is backed up ten times in a row without its server and without any reserve, each time whole, with what its log holds", async () => {
    // As a server leaves it that was killed: the last commits are in the log alone.
    const killed = join(disk, "killed");
    cpSync(data, killed, { recursive: true });
    const database = join(killed, "waybill.sqlite");
    const db = new Sqlite(database);
    db.exec("CREATE TABLE left_in_the_log (word TEXT) STRICT; INSERT INTO left_in_the_log VALUES ('here')");
    const log = readFileSync(`${database}-wal`);
    const main = readFileSync(database);
    db.close();
    writeFileSync(database, main);
    writeFileSync(`${database}-wal`, log);
    rmSync(join(killed, "reserve"), { force: true });
    fill();
    const archive = join(other, "again.tar");
    for (let time = 1; time <= 10; time += 1) {
      const { code, talk } = await runWaybill(["backup", archive, "--data", killed, "--force"]);
      expect([time, code, talk]).toEqual([time, 0, expect.stringContaining("read back and whole")]);
      expect(left()[1]).toEqual([]);
    }
    expect(readFileSync(`${database}-wal`).equals(log)).toBe(true);
    rmSync(killed, { recursive: true });
    makeRoom();
    const restored = join(other, "again");
    expect((await runWaybill(["restore", archive, "--data", restored])).code).toBe(0);
    const read = new Sqlite(join(restored, "waybill.sqlite"), { readonly: true });
    expect(read.prepare("SELECT word FROM left_in_the_log").pluck().get()).toBe("here");
    read.close();
  }, 60_000);

  it("a backup onto it, and a restore into it, say that there is no room, and leave nothing half done", async () => {
    const archive = join(other, "whole.tar");
    expect((await runWaybill(["backup", archive, "--data", data])).code).toBe(0);
    const whole = join(other, "whole");
    expect((await runWaybill(["restore", archive, "--data", whole])).code).toBe(0);
    for (const room of [0, 100_000]) {
      fill(room);
      const stands = () => [readdirSync(disk).filter((name) => name !== "new"), left()];
      const before = stands();
      for (const args of [
        ["backup", join(disk, "full.tar"), "--data", whole],
        ["restore", archive, "--data", join(disk, "new")],
        ["restore", archive, "--data", data, "--force"],
      ]) {
        const { code, talk } = await ended(spawnWaybill(args));
        expect([args[0], room, code, talk]).toEqual([args[0], room, 1, expect.stringMatching(/no space|disk/i)]);
      }
      expect(stands()).toEqual(before);
      makeRoom();
    }
    const server = await startTestServer({ data });
    expect(await (await server.call("/v1/files")).text()).toContain("large.txt");
    fill();
    expect(await runWaybill(["backup", join(disk, "full.tar"), "--data", data])).toMatchObject({
      code: 1,
      talk: expect.stringMatching(/no space|disk is full/i),
    });
    await server.stop();
  });
});
