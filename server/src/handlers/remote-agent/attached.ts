/** Attachments as another server can be sent them: with their bytes. */
import type { Part } from "../../task/part.ts";
import type { AttachmentFiles } from "../agent/attachment.ts";
import { RemoteError } from "./remote-error.ts";

/** All together. Servers of this protocol take about 10 MB a request. */
const BYTES_MAX = 8 << 20;

/** Rejects with `RemoteError` (`too_large`), and as `files.read` does. */
export async function withSentBytes(parts: readonly Part[], files: AttachmentFiles): Promise<Part[]> {
  let room = BYTES_MAX;
  const sent: Part[] = [];
  for (const part of parts) {
    if (!("file" in part) || !("kept" in part.file)) {
      sent.push(part);
      continue;
    }
    const { kept, size } = part.file;
    room -= size;
    if (room < 0)
      throw new RemoteError(
        "too_large",
        `Attachments to another agent are over ${BYTES_MAX >> 20} MB together.`,
        false,
      );
    const bytes = await files.read(kept, size);
    sent.push({ ...part, file: { bytes: bytes.toString("base64") } });
  }
  return sent;
}
