import { execFileSync } from "node:child_process";
import { chmod, chown, mkdir, mkdtemp, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { closeDeeper, closeFolder, openToOthers, refuseForeign } from "./permissions.ts";

const isOurs = (name: string) => name !== "theirs";
const openedAs = (name: string) => {
  if (name === "backup") return null;
  return ["files", "theirs-too"].includes(name) ? "folder" : "file";
};
const STRANGER = 54_321;

describe.skipIf(process.platform === "win32")("a folder on a machine with other users", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "waybill-permissions-"));
    await chmod(folder, 0o755);
    await mkdir(path.join(folder, "files/ab"), { recursive: true });
    for (const name of ["database", "theirs", "files/ab/cd"]) await writeFile(path.join(folder, name), "value");
    for (const name of ["database", "theirs", "files/ab/cd"]) await chmod(path.join(folder, name), 0o644);
    for (const name of ["files", "files/ab"]) await chmod(path.join(folder, name), 0o750);
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const modeOf = async (name: string) => ((await stat(path.join(folder, name))).mode & 0o777).toString(8);
  const openNames = async () => {
    const names: string[] = [];
    for await (const { entry, mode } of openToOthers(folder, isOurs))
      names.push(`${path.relative(folder, entry)} ${mode.toString(8)}`);
    return names.sort();
  };

  it("is closed to them with all that is its own, and leaves what is not", async () => {
    expect(await openNames()).toEqual([" 755", "database 644", "files 750", "files/ab 750", "files/ab/cd 644"]);
    await closeFolder(folder, isOurs);
    expect(await openNames(), "what is deeper takes its time").toEqual(["files/ab 750", "files/ab/cd 644"]);
    await closeDeeper(folder, isOurs);
    expect(await openNames()).toEqual([]);
    expect([await modeOf("."), await modeOf("files"), await modeOf("database")]).toEqual(["700", "700", "600"]);
    expect(await modeOf("theirs")).toBe("644");
  });

  it("is refused when it is another user's, or an entry of it is", async () => {
    await expect(refuseForeign(folder, isOurs, openedAs)).resolves.toBeUndefined();
    // Whoever runs this: what root owns is nobody else's.
    if (process.getuid?.() === 0) await chown(folder, STRANGER + 1, STRANGER);
    await expect(refuseForeign(folder, isOurs, openedAs, STRANGER)).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining(`${folder} belongs to another user`),
    });
  });

  // Nothing is closed to root.
  it.skipIf(process.getuid?.() === 0)("is refused with what to do where this user may not write it", async () => {
    await chmod(folder, 0o500);
    await expect(refuseForeign(folder, isOurs, openedAs)).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining("give this user the right: chown -R"),
    });
    await chmod(folder, 0o700);
  });

  it.each<[string, string, "file" | "folder"]>([
    ["a pipe", "waits for whoever writes into it", "file"],
    ["a folder", "lies where a file should be", "file"],
    ["a file", "lies where a folder should be", "folder"],
  ])("is refused where %s %s", async (what, _says, wanted) => {
    const entry = path.join(folder, wanted === "file" ? "entry" : "files");
    await rm(entry, { recursive: true, force: true });
    if (what === "a pipe") execFileSync("mkfifo", [entry]);
    else if (what === "a folder") await mkdir(entry);
    else await writeFile(entry, "");
    await expect(refuseForeign(folder, isOurs, openedAs)).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringContaining(`${entry} is no ${wanted}`),
    });
  });

  it("is taken with a file or a folder of a name that nobody opens", async () => {
    for (const make of [(at: string) => writeFile(at, ""), (at: string) => mkdir(at)]) {
      await make(path.join(folder, "backup"));
      await expect(refuseForeign(folder, isOurs, openedAs)).resolves.toBeUndefined();
      await rm(path.join(folder, "backup"), { recursive: true });
    }
  });

  it("is refused where a file of it is a link, and takes a folder that is one", async () => {
    await symlink(path.join(folder, "theirs"), path.join(folder, "link"));
    await expect(refuseForeign(folder, isOurs, openedAs)).rejects.toMatchObject({
      message: expect.stringContaining("link is a link"),
    });
    await rm(path.join(folder, "link"));
    await mkdir(path.join(folder, "theirs-too"));
    await symlink(path.join(folder, "theirs-too"), path.join(folder, "link"));
    await expect(refuseForeign(folder, isOurs, openedAs)).resolves.toBeUndefined();
  });
});
