/**
 * Who may read what lies on the disk: the owner alone. The command line makes everything so (`cli/main.ts`); here is what
 * takes from others what an older version, a copy or an unpacked archive has left them, and what refuses a folder in which
 * somebody else decides. On Windows the rights of the folder above hold, and nothing here does anything.
 */
import type { Stats } from "node:fs";
import { access, chmod, constants, lstat, opendir, stat } from "node:fs/promises";
import path from "node:path";
import { Refusal } from "../task/errors.ts";

const OF_OTHERS = 0o077;
const ROOT = 0;

/** `isOurs` names what of the folder's own entries belongs to the data; a folder among them with all that is in it. */
export type Belongs = (name: string) => boolean;

/** What an entry of this name is opened as; null where nobody opens it by its name alone. */
export type OpenedAs = (name: string) => "file" | "folder" | null;

/**
 * Refuses a folder of another user, one of whose files is a link, and one that has an entry of another user: who made those
 * could read or replace what is kept. What root owns may be used: a volume of a container is often root's. Refuses also
 * what is no file, or no folder, where one is to be opened: whoever opens a pipe waits for ever.
 */
export async function refuseForeign(
  folder: string,
  isOurs: Belongs,
  openedAs: OpenedAs,
  us = process.getuid?.(),
): Promise<void> {
  if (us === undefined) return;
  const isForeign = ({ uid }: Stats) => uid !== us && uid !== ROOT && us !== ROOT;
  const own = await stat(folder);
  if (isForeign(own)) throw refusal(`${folder} belongs to another user (uid ${own.uid})`, `chown -R ${us} ${folder}`);
  const isClosed = await access(folder, constants.R_OK | constants.W_OK | constants.X_OK).then(() => false, isDenied);
  if (isClosed) {
    const says = `The data folder ${folder} cannot be read and written by this user (uid ${us}).`;
    throw new Refusal(
      "unavailable",
      `${says} Start as its owner, or give this user the right: chown -R ${us} ${folder}`,
    );
  }
  for await (const { name } of await opendir(folder)) {
    if (!isOurs(name)) continue;
    const entry = path.join(folder, name);
    const found = await lstat(entry).catch(gone);
    if (!found) continue;
    if (isForeign(found))
      throw refusal(`${entry} belongs to another user (uid ${found.uid})`, `chown -R ${us} ${folder}`);
    if (!found.isSymbolicLink()) {
      const wanted = openedAs(name);
      if (wanted === null || (wanted === "folder" ? found.isDirectory() : found.isFile())) continue;
      throw new Refusal("unavailable", `The data folder is not used: ${entry} is no ${wanted}. Move it elsewhere.`);
    }
    const target = await stat(entry).catch(gone);
    if (!target?.isDirectory()) throw refusal(`${entry} is a link`, "put the file itself in its place");
    if (isForeign(target)) throw refusal(`${entry} leads to a folder of another user`, `chown -R ${us} ${entry}/`);
  }
}

/** Takes from others what they may do there: the folder and its own entries. What is deeper is `closeDeeper`'s. */
export async function closeFolder(folder: string, isOurs: Belongs): Promise<void> {
  await close(folder);
  for await (const { name } of await opendir(folder)) if (isOurs(name)) await close(path.join(folder, name));
}

/** The same for all that is in the folders among the entries; many files take a while. */
export async function closeDeeper(folder: string, isOurs: Belongs, signal?: AbortSignal): Promise<void> {
  for await (const { entry } of openToOthers(folder, isOurs)) {
    if (signal?.aborted) return;
    await close(entry);
  }
}

/** What others may read or change, with its mode. Links are not followed, nor asked: those of a link mean nothing. */
export async function* openToOthers(
  folder: string,
  isOurs: Belongs,
): AsyncGenerator<{ entry: string; mode: number }, void, undefined> {
  if (process.getuid === undefined) return;
  const own = await stat(folder);
  if ((own.mode & OF_OTHERS) !== 0) yield { entry: folder, mode: own.mode & 0o777 };
  yield* within(folder, isOurs);
}

async function* within(
  folder: string,
  isOurs: Belongs,
): AsyncGenerator<{ entry: string; mode: number }, void, undefined> {
  const found = await opendir(folder).catch(unless("ENOENT", "ENOTDIR", "EACCES"));
  if (!found) return;
  for await (const { name } of found) {
    if (!isOurs(name)) continue;
    const entry = path.join(folder, name);
    const { mode, isLink, isFolder } = await kindOf(entry);
    if (!isLink && (mode & OF_OTHERS) !== 0) yield { entry, mode: mode & 0o777 };
    if (isFolder) yield* within(entry, () => true);
  }
}

/** Of an entry that is gone by now: a file that nobody may read. */
async function kindOf(entry: string): Promise<{ mode: number; isLink: boolean; isFolder: boolean }> {
  const found = await lstat(entry).catch(gone);
  return {
    mode: found?.mode ?? 0,
    isLink: found?.isSymbolicLink() ?? false,
    isFolder: found?.isDirectory() ?? false,
  };
}

/** What is another's stays as it is; `doctor` names it. */
async function close(entry: string): Promise<void> {
  const us = process.getuid?.();
  const found = await lstat(entry).catch(gone);
  if (us === undefined || !found) return;
  const followed = found.isSymbolicLink() ? await stat(entry).catch(gone) : found;
  if (!followed || (followed.mode & OF_OTHERS) === 0 || (followed.uid !== us && us !== ROOT)) return;
  await chmod(entry, followed.mode & 0o7777 & ~OF_OTHERS).catch(unless("ENOENT", "EPERM", "EROFS"));
}

/** Also where a link leads to itself. */
const gone = unless("ENOENT", "ENOTDIR", "ELOOP");

/** Passes over errors of these codes. */
function unless(...codes: readonly string[]) {
  return (error: NodeJS.ErrnoException): undefined => {
    if (!codes.includes(error.code ?? "")) throw error;
  };
}

function refusal(says: string, todo: string): Refusal {
  return new Refusal(
    "unavailable",
    `The data folder is not used: ${says}, who could read or replace what is kept. If it is yours: ${todo}`,
  );
}

/** Whoever asks may not, as against what is not there. */
export function isDenied(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "EACCES" || error.code === "EPERM");
}
