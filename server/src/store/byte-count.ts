/** What is learnt of bytes as they pass by: how many, and their hashes. */
import { createHash } from "node:crypto";
import { addAbortSignal, type Readable } from "node:stream";
import { Refusal } from "../task/errors.ts";
import type { WriteBounds, Written } from "./files.ts";

export class ByteCount {
  readonly #sha256 = createHash("sha256");
  // Not for safety: for clients that compare it.
  readonly #md5 = createHash("md5");
  #bytes = 0;

  /** The chunks of a stream as they are, counted; more than `bytesMax` are `too_large`, a stream that is cut `invalid`. */
  async *of(stream: Readable, { bytesMax, signal }: WriteBounds): AsyncGenerator<Buffer, void, undefined> {
    try {
      for await (const chunk of signal === undefined ? stream : addAbortSignal(signal, stream)) {
        const bytes = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk);
        this.#bytes += bytes.length;
        if (this.#bytes > bytesMax) throw new Refusal("too_large", `A file may have ${bytesMax} bytes at most.`);
        this.#sha256.update(bytes);
        this.#md5.update(bytes);
        yield bytes;
      }
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof Error && "code" in error && error.code === "ERR_STREAM_PREMATURE_CLOSE")) throw error;
      throw new Refusal("invalid", "The bytes ended before their end.");
    }
  }

  /** To be asked once. */
  total(): Written {
    return { sha256: this.#sha256.digest("hex"), md5: this.#md5.digest("hex"), bytes: this.#bytes };
  }
}
