/**
 * A body of `multipart/form-data`: fields, which are small, and files, which are passed on as they come and never held. The number and
 * bytes of each are bounded; a body that is cut, wherever, is `invalid`.
 */
import type { Readable } from "node:stream";
import { Busboy, type BusboyFileStream, type BusboyInstance } from "@fastify/busboy";
import type { z } from "zod";
import { Refusal } from "../../task/errors.ts";
import { foundWrong } from "../../task/json/found-wrong.ts";
import { CONTENT_TYPE_FIELD } from "../error-answer.ts";
import { textOf } from "./well-formed.ts";

/** Fields and files together. */
const PARTS_MAX = 1_000;
const FILES_MAX = 20;
/** Bytes of one field, and of all fields together. */
const FIELD_BYTES_MAX = 256 << 10;
const FIELDS_BYTES_MAX = 1 << 20;
const NAME_LENGTH_MAX = 255;
/** A longer filename is cut: people read it, and it is no path. */
const FILENAME_LENGTH_MAX = 1_000;
/** Bytes of the head of one part. */
const HEAD_BYTES_MAX = 8 << 10;
const HEAD_LINES_MAX = 20;
/** A part of this type is a file also without a filename. */
const UNTYPED = "application/octet-stream";
/** Replaces bytes that are not UTF-8. */
const REPLACED = "\ufffd";

/** A file of a form, as it comes. */
export type FormFile = {
  /** Of the field. */
  name: string;
  /** Without folders; empty when the client gave none. */
  filename: string;
  /** The type that the client declares. */
  mediaType: string;
  bytes: Readable;
};

/** Where a file's bytes went: they belong to the form until the request has been answered. */
type Taken = { release: () => Promise<void> };

type TakenFile<Kept> = Omit<FormFile, "bytes"> & { kept: Kept };

/** A misfit of a form's fields with their schema. */
export class FieldFault extends Error {
  readonly issues: readonly z.core.$ZodIssue[];

  constructor(issues: readonly z.core.$ZodIssue[]) {
    super("The fields of the form do not fit.");
    this.issues = issues;
  }
}

/** The body of one request, before it is read. */
export class UnreadForm {
  readonly #body: Readable;
  readonly #type: string;
  readonly #hold: (bytes: number) => void;
  readonly #taken: Taken[] = [];

  /**
   * `body` fails with a `Refusal` when it is cut or too long. `hold` is called with the sizes of fields, and throws when they are too
   * many.
   */
  constructor(body: Readable, type: string, hold: (bytes: number) => void = () => {}) {
    this.#body = body;
    this.#type = type;
    this.#hold = hold;
  }

  /** Passes each file to `take` as it comes, and resolves when the body has ended, with the files in order; to be called once. */
  async read<Kept extends Taken>(
    take: (file: FormFile) => Promise<Kept>,
  ): Promise<{ fields: [name: string, value: string][]; files: TakenFile<Kept>[] }> {
    const reading = new FormReading(this.#body, this.#type, this.#hold);
    // A place for each as it comes: a small file may be on disk later than the large one after it.
    const places: TakenFile<Kept>[][] = [];
    const fields = await reading.run(async (file) => {
      const place: TakenFile<Kept>[] = [];
      places.push(place);
      const kept = await take(file);
      this.#taken.push(kept);
      const { name, filename, mediaType } = file;
      place.push({ name, filename, mediaType, kept });
    });
    return { fields, files: places.flat() };
  }

  /** The request has been answered, whatever the outcome: parts that nobody has read or named are removed. */
  async release(): Promise<void> {
    this.#body.destroy();
    await Promise.all(this.#taken.splice(0).map((taken) => taken.release()));
  }
}

/** A form whose fields are known. */
export class Form<Fields> {
  readonly #unread: UnreadForm;
  readonly #fields: z.ZodType<Fields>;
  readonly #nest: (fields: [string, string][]) => unknown;

  constructor(unread: UnreadForm, fields: z.ZodType<Fields>, nest: (fields: [string, string][]) => unknown) {
    this.#unread = unread;
    this.#fields = fields;
    this.#nest = nest;
  }

  /**
   * Reads the body. Each file is passed to `take` as it comes, which reads it to its end; its results are released once the request has
   * been answered. Throws `invalid` when the body is no form, is cut or has fields that do not fit, `too_large` beyond a bound, and
   * errors of `take`.
   */
  async read<Kept extends Taken>(
    take: (file: FormFile) => Promise<Kept>,
  ): Promise<{ fields: Fields; files: TakenFile<Kept>[] }> {
    const { fields, files } = await this.#unread.read(take);
    const parsed = foundWrong(this.#fields, this.#nest(fields));
    if (!parsed.success) throw new FieldFault(parsed.error.issues);
    return { fields: parsed.data, files };
  }
}

class FormReading {
  readonly #body: Readable;
  readonly #type: string;
  readonly #hold: (bytes: number) => void;
  readonly #ended = Promise.withResolvers<void>();
  readonly #fields: [string, string][] = [];
  readonly #taking: Promise<void>[] = [];
  #fieldBytes = 0;
  #fileCount = 0;
  /** The last chunks of the body, which contain the head of a part. */
  #recent: Buffer[] = [];
  #current: BusboyFileStream | null = null;

  constructor(body: Readable, type: string, hold: (bytes: number) => void) {
    this.#body = body;
    this.#type = type;
    this.#hold = hold;
  }

  async run(take: (file: FormFile) => Promise<void>): Promise<[string, string][]> {
    const parser = this.#parser(take);
    const fail = this.#ended.reject;
    this.#body.on("error", fail);
    this.#body.on("data", (chunk: Buffer) => {
      this.#recent = [...this.#recent.slice(-1), chunk];
    });
    this.#body.pipe(parser);
    try {
      await this.#ended.promise;
      await Promise.all(this.#taking);
      return this.#fields;
    } catch (error) {
      // The rest is read and dropped: a socket closed with an unread body loses its answer.
      this.#body.unpipe(parser);
      this.#body.resume();
      this.#current?.destroy(error instanceof Error ? error : undefined);
      await Promise.allSettled(this.#taking);
      throw error;
    }
  }

  #parser(take: (file: FormFile) => Promise<void>): BusboyInstance {
    const { reject, resolve } = this.#ended;
    const parser = busboy(this.#type);
    parser.on("file", (name, bytes, filename, _encoding, mediaType) => {
      this.#current = bytes;
      // The reader is told; there may be none yet.
      bytes.on("error", () => {});
      const isField = filename === undefined && mediaType !== UNTYPED;
      const taking = isField ? this.#takeField(name, bytes) : this.#takeFile(take, name, filename, mediaType, bytes);
      this.#taking.push(taking.then(() => void bytes.resume()));
      taking.catch(reject);
    });
    for (const limit of ["partsLimit", "filesLimit"] as const) parser.on(limit, () => reject(tooManyParts()));
    parser.on("finish", resolve).on("error", () => reject(new Refusal("invalid", "The body is no whole form.")));
    return parser;
  }

  /** As bytes, since the parser would replace invalid text by a mark. */
  async #takeField(name: string | undefined, bytes: Readable): Promise<void> {
    this.#refuseName(name);
    const place: [string, string] = [name ?? "", ""];
    this.#fields.push(place);
    const chunks: Buffer[] = [];
    let length = 0;
    this.#fieldBytes += Buffer.byteLength(place[0]);
    for await (const chunk of bytes) {
      length += chunk.length;
      this.#fieldBytes += chunk.length;
      if (length > FIELD_BYTES_MAX || this.#fieldBytes > FIELDS_BYTES_MAX) throw tooMuchText();
      this.#hold(chunk.length);
      chunks.push(chunk);
    }
    place[1] = textOf(Buffer.concat(chunks), `The field ${name}`);
  }

  async #takeFile(
    take: (file: FormFile) => Promise<void>,
    name: string | undefined,
    filename = "",
    mediaType: string,
    bytes: Readable,
  ): Promise<void> {
    this.#refuseName(name);
    this.#fileCount += 1;
    if (this.#fileCount > FILES_MAX) throw tooManyParts();
    if (!this.#isText(filename)) throw new Refusal("invalid", "The name of a file is not valid UTF-8, or has a NUL.");
    await take({ name: name ?? "", filename: filename.slice(0, FILENAME_LENGTH_MAX), mediaType, bytes });
  }

  #refuseName(name: string | undefined): void {
    const isGood = name !== undefined && name !== "" && name !== "__proto__" && name.length <= NAME_LENGTH_MAX;
    if (isGood && this.#isText(name)) return;
    throw new Refusal("invalid", `A field of a form has a name of 1 to ${NAME_LENGTH_MAX} characters, in UTF-8.`);
  }

  /** The parser replaces invalid text by a mark; a mark that was sent is in the bytes of the head itself. */
  #isText(name: string): boolean {
    if (name.includes("\0")) return false;
    return !name.includes(REPLACED) || Buffer.concat(this.#recent).includes(name);
  }
}

function busboy(type: string): BusboyInstance {
  const limits = {
    parts: PARTS_MAX,
    files: PARTS_MAX,
    headerPairs: HEAD_LINES_MAX,
    headerSize: HEAD_BYTES_MAX,
  };
  try {
    return new Busboy({ headers: { "content-type": type }, limits, isPartAFile: () => true });
  } catch {
    throw new Refusal("invalid", "The Content-Type of the form says no boundary.", { field: CONTENT_TYPE_FIELD });
  }
}

function tooManyParts(): Refusal {
  return new Refusal("too_large", `A form may have ${FILES_MAX} files and ${PARTS_MAX} parts.`);
}

function tooMuchText(): Refusal {
  return new Refusal("too_large", `A field may have ${FIELD_BYTES_MAX} bytes, and all of them ${FIELDS_BYTES_MAX}.`);
}
