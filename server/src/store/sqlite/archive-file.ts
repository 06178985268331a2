/**
 * The file of a backup: a tar archive, which goes as a stream of which no more is in memory than some chunks.
 */
import { once } from "node:events";
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import type { Parser } from "tar";

const CHUNK_BYTES = 64 << 10;

/** Writes a new file that only its owner may read, and syncs it. Refuses one that is there. */
export async function writeFileOf(path: string, tar: AsyncIterable<Buffer>): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(chunked(tar));
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Hands the tar in a file to whoever reads it, who throws as soon as something of it is wrong. */
export async function readFileOf(path: string, reader: Parser): Promise<void> {
  const bytes = createReadStream(path, { highWaterMark: CHUNK_BYTES });
  try {
    const failed = once(reader, "error").then(([error]: unknown[]) => Promise.reject(error));
    const ended = once(reader, "end");
    for (const heard of [failed, ended]) heard.catch(() => {});
    for await (const chunk of bytes) {
      if (!reader.write(chunk)) await Promise.race([once(reader, "drain"), failed]);
    }
    reader.end();
    await Promise.race([ended, failed]);
  } finally {
    bytes.destroy();
  }
}

/** The tar library hands over blocks of 512 bytes where a header is. */
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
  if (bytes > 0) yield Buffer.concat(waiting);
}
