/** A file of a form as a document. */
import type { Document } from "../../../verbs/documents.ts";
import type { Caller, Received } from "../form.ts";
import { NAMES } from "../names.ts";

const PURPOSE = "assistants";

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
