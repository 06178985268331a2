/**
 * The file of a backup: a tar archive, plain or encrypted with a passphrase in the format of `age`, so that its own tool opens it too.
 * Both are streamed, with only some chunks in memory. An encrypted archive is authenticated chunk by chunk: one that was cut or changed
 * is refused at its first wrong chunk.
 */
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { Readable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import type { Parser } from "tar";
import { type ArchiveOptions, BadArchive } from "../../storage.ts";

const MAGIC = Buffer.from("age-encryption.org/v1\n");
/** The tar library emits blocks of 512 bytes for headers. */
const CHUNK_BYTES = 64 << 10;
/** How long a failed reader may take to close its last file. */
const REST_MS_MAX = 5_000;

export async function isEncrypted(path: string): Promise<boolean> {
  const file = await open(path, "r");
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(MAGIC.length), 0, MAGIC.length, 0);
    return bytesRead === MAGIC.length && buffer.equals(MAGIC);
  } finally {
    await file.close();
  }
}

/** Writes a new file that only its owner may read, and syncs it. Refuses an existing one. */
export async function writeFileOf(
  path: string,
  tar: AsyncIterable<Buffer>,
  { passphrase, passphraseWork }: Pick<ArchiveOptions, "passphrase" | "passphraseWork">,
): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    const plain = chunked(tar);
    await file.writeFile(passphrase === undefined ? plain : await encrypted(plain, passphrase, passphraseWork));
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Passes the tar in a file to `reader`. Throws `BadArchive` at once when it is encrypted and the passphrase is wrong, and as soon as a
 * cut or changed part is met.
 */
export async function readFileOf(path: string, passphrase: string | null, reader: Parser): Promise<void> {
  const bytes = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  // A full disk is reported once for each file that is being written: an unheard error would end the process.
  const failed = once(reader, "error").then(([error]: unknown[]) => Promise.reject(error));
  failed.catch(() => {});
  reader.on("error", () => {});
  const ended = new Promise<void>((resolve) => reader.on("end", resolve));
  try {
    const plain = (await isEncrypted(path)) ? await decrypted(bytes, passphrase) : bytes;
    await handedTo(reader, plain, failed, ended);
  } finally {
    bytes.destroy();
  }
}

async function handedTo(
  reader: Parser,
  plain: AsyncIterable<Uint8Array>,
  failed: Promise<never>,
  ended: Promise<void>,
): Promise<void> {
  try {
    for await (const chunk of plain) {
      if (!reader.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)))
        await Promise.race([once(reader, "drain"), failed]);
    }
    reader.end();
    await Promise.race([ended, failed]);
  } catch (error) {
    // It still writes the entries it has read: a removal of its files now would come too early.
    reader.end();
    await Promise.race([ended, delay(REST_MS_MAX, undefined, { ref: false })]);
    throw error;
  }
}

async function* chunked(tar: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let waiting: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of tar) {
    waiting.push(chunk);
    bytes += chunk.length;
    if (bytes < CHUNK_BYTES) continue;
    yield Buffer.concat(waiting);
    waiting = [];
    bytes = 0;
  }
  // An empty chunk carries nothing and ends nothing.
  if (bytes > 0) yield Buffer.concat(waiting);
}

async function encrypted(plain: AsyncIterable<Buffer>, passphrase: string, work?: number): Promise<Readable> {
  const { Encrypter } = await import("age-encryption");
  const encrypter = new Encrypter();
  encrypter.setPassphrase(passphrase);
  if (work !== undefined) encrypter.setScryptWorkFactor(work);
  return Readable.fromWeb(await encrypter.encrypt(Readable.toWeb(Readable.from(plain, { objectMode: false }))));
}

async function* decrypted(bytes: Readable, passphrase: string | null): AsyncGenerator<Uint8Array> {
  if (passphrase === null) throw new BadArchive("it is encrypted, and there is no passphrase");
  const { Decrypter } = await import("age-encryption");
  const decrypter = new Decrypter();
  decrypter.addPassphrase(passphrase);
  const plain = await decrypter.decrypt(Readable.toWeb(bytes)).catch((error: unknown) => {
    throw new BadArchive(isOtherPassphrase(error) ? "the passphrase is not its own" : "it is encrypted and not whole");
  });
  try {
    yield* Readable.fromWeb(plain);
  } catch {
    throw new BadArchive("it was cut or changed since it was encrypted");
  }
}

function isOtherPassphrase(error: unknown): boolean {
  return error instanceof Error && /no identity matched/.test(error.message);
}
