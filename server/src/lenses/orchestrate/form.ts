/**
 * Forms as FastAPI reads them: a field that comes again is its last, an empty one is none, and files are fields like the
 * others, so that a form is one object past one schema. A body that is no form has no fields.
 */
import type { IncomingHttpHeaders } from "node:http";
import { Readable } from "node:stream";
import { z } from "zod";
import { Refusal } from "../../task/errors.ts";
import { foundWrong } from "../../task/json/found-wrong.ts";
import { isJsonObject } from "../../task/json/json.ts";
import type { Principal } from "../../task/principal.ts";
import type { Upload } from "../../verbs/uploads.ts";
import type { Verbs } from "../../verbs/verbs.ts";
import { FieldFault, type FormFile, UnreadForm } from "../body/form.ts";
import { jsonOf, SMALL_JSON_LENGTH_MAX, urlencodedPairs } from "../body/well-formed.ts";
import { cleanFilename, mediaTypeOf } from "../filename.ts";
import type { LensParts } from "../lens-parts.ts";
import { schemaOf } from "../openapi.ts";
import { addErrors } from "./invalid-request.ts";
import { addWrong, MISSING, Wrong } from "./pydantic.ts";

/** A form may be as long as the longest files that any deployment takes: the bound of each file is its own. */
export const FORM_BYTES_MAX = 16 * 1024 ** 3;
/** Of fields that come without files, in a body of another kind. */
const FIELDS_BYTES_MAX = 1 << 20;
const URLENCODED = /^application\/x-www-form-urlencoded(;|$)/i;

/** A file of a form, which is there until the request is answered. */
export class Received {
  readonly filename: string;
  readonly mediaType: string;
  readonly upload: Upload;

  constructor(filename: string, mediaType: string, upload: Upload) {
    this.filename = filename;
    this.mediaType = mediaType;
    this.upload = upload;
  }
}

/** Who sends files, and until when. */
export type Caller = {
  principal: Principal;
  verbs: Verbs;
  parts: Pick<LensParts, "documents">;
  left: () => AbortSignal;
};

const NO_FILE = new Wrong("value_error", "Value error, Expected UploadFile, received: <class 'str'>", { error: {} });

function fileOf(given: unknown, context: z.RefinementCtx, path: (string | number)[] = []): Received[] {
  if (given instanceof Received) return [given];
  addWrong(context, NO_FILE, given, path);
  return [];
}

/** One file, which there must be. */
export const oneFile = z
  .transform((given: unknown, context): Received => {
    const last = Array.isArray(given) ? given.at(-1) : undefined;
    if (last === undefined || last === "") addWrong(context, MISSING, null);
    else for (const file of fileOf(last, context)) return file;
    return z.NEVER;
  })
  .meta({ wire: { type: "string", format: "binary" } });

const listed = z.transform((given: unknown, context): Received[] => {
  if (!Array.isArray(given)) return [];
  return given.flatMap((each, at) => fileOf(each, context, [at]));
});
const LIST = { wire: { type: "array", items: { type: "string", format: "binary" } } };

/** Any number of files. */
export const anyFiles = listed.meta(LIST);

/** One file or more. */
export const someFiles = z
  .transform((given: unknown, context): unknown => {
    if (given !== undefined) return given;
    addWrong(context, MISSING, null);
    return z.NEVER;
  })
  .pipe(listed)
  .meta(LIST);

const FILES: ReadonlySet<unknown> = new Set([oneFile, anyFiles, someFiles]);

/** A field whose text is JSON, of which `schema` says more. `model` names it where it is none at all. */
export function jsonField<Schema extends z.ZodType>(schema: Schema, model: string) {
  return z
    .transform((given: unknown, context): z.output<Schema> => {
      if (given === undefined) addWrong(context, MISSING, null);
      else if (typeof given !== "string") addWrong(context, NO_JSON_TEXT, null);
      else {
        const json = parsedJson(given);
        const read = json === undefined ? null : foundWrong(schema, json.value);
        if (read === null) addWrong(context, NO_JSON, given);
        else if (read.success) return read.data;
        else addErrors(context, read.error.issues, json?.value, model);
      }
      return z.NEVER;
    })
    .meta({ wire: { type: "string", contentMediaType: "application/json" } });
}

const NO_JSON_TEXT = new Wrong("json_type", "JSON input should be string, bytes or bytearray");
const NO_JSON = new Wrong("json_invalid", "Invalid JSON", { error: "no JSON" });

function parsedJson(text: string): { value: unknown } | undefined {
  if (text.length > SMALL_JSON_LENGTH_MAX) return undefined;
  try {
    const value = jsonOf(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    // What is too deep to be kept is none.
    return isObject && !isJsonObject(value) ? undefined : { value };
  } catch {
    return undefined;
  }
}

type Unread = UnreadForm | Readable | undefined;

/** The body of a route that reads a `form or fields`: `readForm` reads it, and the document shows it as `fields`. */
export function formBody(fields: z.ZodObject): z.ZodType<Unread> {
  const wire = schemaOf(fields, "input", "3.0.3");
  return z.union([z.instanceof(UnreadForm), z.instanceof(Readable), z.undefined()]).meta({ wire });
}

type Sent = { body: Unread; headers: IncomingHttpHeaders };
/** Where a file of a form goes; null for one that nobody has asked for, which is read and dropped. */
type Take = (file: FormFile) => Promise<Upload | null>;

/**
 * Reads a body, and its fields past `schema`. Throws `invalid` for what does not fit and for a file without a name or
 * without bytes, `too_large`, and what `take` throws.
 */
export async function readForm<Fields>(
  { body, headers }: Sent,
  schema: z.ZodObject & z.ZodType<Fields>,
  take: Take = async () => null,
  alias: ReadonlyMap<string, string> = new Map(),
): Promise<Fields> {
  const parts = body instanceof UnreadForm ? await partsOf(body, take) : await pairsOf(body, headers["content-type"]);
  const given = Object.entries(schema.shape).map(([name, field]) => {
    const values = parts.filter(([known]) => (alias.get(known) ?? known) === name).map(([, value]) => value);
    const last = values.at(-1);
    if (FILES.has(field)) return [name, last === undefined ? undefined : values];
    return [name, last === "" ? undefined : last];
  });
  const parsed = schema.safeParse(Object.fromEntries(given));
  if (!parsed.success) throw new FieldFault(parsed.error.issues);
  return parsed.data;
}

/**
 * Reads a body with files of a known caller, as `readForm` does. `alias` is another name of its field of files. Throws
 * `rate_limited` too.
 */
export function readFiles<Fields>(
  call: Caller & Sent,
  schema: z.ZodObject & z.ZodType<Fields>,
  alias: ReadonlyMap<string, string> = new Map(),
): Promise<Fields> {
  const { principal, verbs, parts, left } = call;
  const take: Take = async ({ name, bytes }) => {
    if (!FILES.has(schema.shape[alias.get(name) ?? name])) return null;
    parts.documents.take(principal, "upload");
    return verbs.uploads.receive(principal, bytes, { bytesMax: parts.documents.fileBytesMax, signal: left() });
  };
  return readForm(call, schema, take, alias);
}

type Parts = [name: string, value: unknown][];

async function partsOf(form: UnreadForm, take: Take): Promise<Parts> {
  const { fields, files } = await form.read(async (file) => {
    const upload = await take(file);
    if (upload === null) for await (const _ of file.bytes);
    return { upload, release: async () => upload?.release() };
  });
  const taken = files.map(({ name, filename, mediaType, kept: { upload } }): Parts[number] => [
    name,
    upload === null ? null : receivedOf(name, filename, mediaType, upload),
  ]);
  return [...fields, ...taken];
}

function receivedOf(field: string, filename: string, mediaType: string, upload: Upload): Received {
  const name = cleanFilename(filename);
  if (name === "") throw new Refusal("invalid", "a file has a name", { field });
  if (upload.bytes === 0) throw new Refusal("invalid", `${name} has no bytes`, { field });
  return new Received(name, mediaTypeOf(name, mediaType), upload);
}

/** The fields of a body that is no form of parts: those of an address, or none. */
async function pairsOf(body: Readable | undefined, type = ""): Promise<Parts> {
  if (body === undefined) return [];
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > FIELDS_BYTES_MAX) throw new Refusal("too_large", `The fields are more than ${FIELDS_BYTES_MAX} bytes.`);
    chunks.push(chunk);
  }
  return URLENCODED.test(type) ? urlencodedPairs(Buffer.concat(chunks)) : [];
}
