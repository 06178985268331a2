/** Files of a request: bytes that are there until the request is answered, and the documents that are made of them. */
import type { Readable } from "node:stream";
import type { z } from "zod";
import { Refusal } from "../../../task/errors.ts";
import type { Principal } from "../../../task/principal.ts";
import type { Document } from "../../../verbs/documents.ts";
import type { Upload } from "../../../verbs/uploads.ts";
import type { Verbs } from "../../../verbs/verbs.ts";
import { cleanFilename, mediaTypeOf } from "../../filename.ts";
import { FieldFault, Form } from "../../form.ts";
import type { LensParts } from "../../lens-parts.ts";
import { NAMES } from "../names.ts";
/** A form may be as long as the longest files that any deployment takes: the bound of each file is its own. */
export const FORM_BYTES_MAX = 16 * 1024 ** 3;
/** Of fields that come without files, in a body of another kind. */
const FIELDS_BYTES_MAX = 1 << 20;
const PURPOSE = "assistants";
export type Received = { filename: string; mediaType: string; upload: Upload };
/** Who sends them, and until when. */
export type Caller = {
  principal: Principal;
  verbs: Verbs;
  parts: Pick<LensParts, "documents">;
  left: () => AbortSignal;
};

/**
 * Reads a body: a form with files, or fields alone. Files of other names than `names` are read and dropped. Throws
 * `invalid` for a file without a name or without bytes, `too_large`, and `rate_limited`.
 */
export async function received<Fields>(
  { principal, verbs, parts, left }: Caller,
  body: Form<Fields> | Readable,
  fields: z.ZodType<Fields>,
  names: readonly string[] = ["files"],
): Promise<{ fields: Fields; files: Received[] }> {
  if (!(body instanceof Form)) return { fields: await fieldsIn(body, fields), files: [] };
  const bounds = { bytesMax: parts.documents.fileBytesMax, signal: left() };
  const form = await body.read(async (file) => {
    if (!names.includes(file.name)) {
      for await (const _ of file.bytes);
      return { upload: null, release: async () => {} };
    }
    parts.documents.take(principal, "upload");
    const upload = await verbs.uploads.receive(principal, file.bytes, bounds);
    return { upload, release: upload.release };
  });
  const files = form.files.flatMap(({ filename, mediaType, kept: { upload } }) => {
    if (upload === null) return [];
    const name = cleanFilename(filename);
    if (name === "") throw new Refusal("invalid", "a file has a name", { field: "files" });
    if (upload.bytes === 0) throw new Refusal("invalid", `${name} has no bytes`, { field: "files" });
    return [{ filename: name, mediaType: mediaTypeOf(name, mediaType), upload }];
  });
  return { fields: form.fields, files };
}

async function fieldsIn<Fields>(body: Readable, schema: z.ZodType<Fields>): Promise<Fields> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > FIELDS_BYTES_MAX) throw new Refusal("too_large", `The fields are more than ${FIELDS_BYTES_MAX} bytes.`);
    chunks.push(chunk);
  }
  const sent = Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString("utf8")));
  const parsed = schema.safeParse(sent);
  if (!parsed.success) throw new FieldFault(parsed.error.issues);
  return parsed.data;
}

/** A document of its own, which a background task reads. Throws `conflict` when the id is taken. */
export async function documentOf({ principal, verbs }: Caller, file: Received, id?: string): Promise<Document> {
  const { document } = await verbs.documents.upload(principal, NAMES, {
    ...(id !== undefined && { id }),
    filename: file.filename,
    purpose: PURPOSE,
    mediaType: file.mediaType,
    from: file.upload,
    skipExisting: false,
    options: { analyses: [], vectorize: false, recognize: true, outlineAsJson: false, unknown: [] },
  });
  return document;
}
