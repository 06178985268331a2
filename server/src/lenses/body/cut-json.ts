/**
 * A JSON body whose long texts at some places are files: these are written to disk as they come, and the rest of the body is as small
 * as other bodies. `file:` and its SHA-256 replace each, so that the same body always reads the same; the same text from a caller is a
 * text like any other, since only what came with the request is a file.
 */
import { once } from "node:events";
import { PassThrough, Readable } from "node:stream";
import { Refusal } from "../../task/errors.ts";
import type { Upload } from "../../verbs/uploads.ts";
import { type JsonPlace, JsonPlaces } from "./json-places.ts";
import { ownTurn } from "./own-turn.ts";
import { TextEscapes } from "./text-escapes.ts";

/** Shorter texts stay in the body. */
export const STAYS_BYTES_MAX = 64 << 10;
const FILE = "file:";

/** Decodes the characters of one text to bytes; throws `invalid` for wrong ones. */
export type CutDecoder = {
  add: (characters: string) => Buffer;
  /** No more characters come: returns the remaining bytes. */
  end: () => Buffer;
};

/** The texts of a body that are cut out. */
export type Cut = { places: readonly JsonPlace[]; decoder: () => CutDecoder };

export type Uploads = ReadonlyMap<string, Upload>;

/** The file at a place of the body; undefined if there is a caller's text. */
export function fileIn(text: string, uploads: Uploads): Upload | undefined {
  return text.startsWith(FILE) ? uploads.get(text.slice(FILE.length)) : undefined;
}

type Take = (bytes: Readable, signal: AbortSignal) => Promise<Upload>;

/** The body of one request, before it is read. */
export class CutJson {
  /** The files, by SHA-256. */
  readonly uploads = new Map<string, Upload>();
  readonly #body: Readable;
  readonly #cut: Cut | null;
  readonly #extra: Upload[] = [];
  readonly #failed = new AbortController();

  /** `body` fails with a `Refusal` when it is cut short or too long. Without `cut` it is read as it is. */
  constructor(body: Readable, cut: Cut | null) {
    this.#body = body;
    this.#cut = cut;
  }

  /** Passes each cut text to `take` as it comes, and the rest to `parse`. */
  async read(take: Take, parse: (rest: Readable) => Promise<unknown>): Promise<unknown> {
    if (this.#cut === null) return await parse(this.#body);
    const rest = Readable.from(this.#rest(take, this.#cut), { objectMode: false });
    // It may fail once its parser has given it up.
    rest.on("error", () => {});
    try {
      return await parse(rest);
    } catch (error) {
      this.#failed.abort(error);
      this.#body.destroy();
      throw error;
    }
  }

  /** The request has been answered, whatever the outcome: files that nobody has named are removed. */
  async release(): Promise<void> {
    await Promise.all([...this.uploads.values(), ...this.#extra.splice(0)].map((upload) => upload.release()));
  }

  async *#rest(take: Take, cut: Cut): AsyncGenerator<Buffer, void, undefined> {
    const places = new JsonPlaces(cut.places);
    let text: CutText | null = null;
    for await (const chunk of this.#body) {
      // Arrived chunks are there at once, and to look for places in 4 MB takes some 50 ms.
      await ownTurn();
      for (let at = 0; at < chunk.length; ) {
        if (text === null) {
          const end = places.findNext(chunk, at);
          yield chunk.subarray(at, end);
          at = end;
          if (places.isInFound) text = new CutText(cut.decoder(), (bytes) => take(bytes, this.#failed.signal));
        } else {
          const quote = places.endOfFound(chunk, at);
          await text.add(chunk.subarray(at, quote === -1 ? chunk.length : quote));
          at = quote === -1 ? chunk.length : quote + 1;
          if (quote === -1) continue;
          yield await this.#inPlaceOf(text);
          yield chunk.subarray(quote, at);
          text = null;
        }
      }
    }
  }

  async #inPlaceOf(text: CutText): Promise<Buffer> {
    const ended = await text.end();
    if (Buffer.isBuffer(ended)) return ended;
    if (this.uploads.has(ended.sha256)) this.#extra.push(ended);
    else this.uploads.set(ended.sha256, ended);
    if (this.#failed.signal.aborted) await this.release();
    return Buffer.from(FILE + ended.sha256);
  }
}

/** One text as it comes: held while it is short, and written to a file from then on. */
class CutText {
  readonly #decoder: CutDecoder;
  readonly #take: (bytes: Readable) => Promise<Upload>;
  readonly #escapes = new TextEscapes();
  #kept: Buffer[] = [];
  #bytes = 0;
  #upload: { stream: PassThrough; taken: Promise<Upload> } | null = null;

  constructor(decoder: CutDecoder, take: (bytes: Readable) => Promise<Upload>) {
    this.#decoder = decoder;
    this.#take = take;
  }

  async add(bytes: Buffer): Promise<void> {
    if (this.#upload !== null) return await this.#write(bytes);
    this.#kept.push(bytes);
    this.#bytes += bytes.length;
    if (this.#bytes <= STAYS_BYTES_MAX) return;
    const stream = new PassThrough();
    // Whoever takes it is told.
    stream.on("error", () => {});
    const taken = this.#take(stream);
    taken.catch(() => {});
    this.#upload = { stream, taken };
    for (const piece of this.#kept.splice(0)) await this.#write(piece);
  }

  /** The file that it was written to, or its own bytes. */
  async end(): Promise<Upload | Buffer> {
    if (this.#upload === null) return Buffer.concat(this.#kept);
    const { stream, taken } = this.#upload;
    try {
      this.#escapes.end();
      stream.end(this.#decoder.end());
    } catch (error) {
      await this.#fail(error);
    }
    return await taken;
  }

  async #write(bytes: Buffer): Promise<void> {
    if (this.#upload === null) return;
    const { stream, taken } = this.#upload;
    try {
      const decoded = this.#decoder.add(this.#escapes.add(bytes));
      if (!stream.write(decoded)) await Promise.race([once(stream, "drain"), taken]);
    } catch (error) {
      await this.#fail(error);
    }
  }

  async #fail(error: unknown): Promise<never> {
    this.#upload?.stream.destroy(error instanceof Error ? error : new Refusal("invalid", "The text broke off."));
    await this.#upload?.taken.catch(() => {});
    throw error;
  }
}
