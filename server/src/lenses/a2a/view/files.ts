/** The files of what is shown: short ones as their bytes, longer ones by an address at which they are read. */
import type { Part } from "../../../task/part.ts";
import type { Task } from "../../../task/task.ts";
import type { Exchange } from "../operation.ts";

/** An event of a stream has room for some of them. */
const INLINE_BYTES_MAX = 512 << 10;

export type FileReader = Pick<Exchange, "principal" | "verbs" | "url">;

/** The same with its files. */
export async function withBytes<Said extends { parts: readonly Part[] }>(
  reader: FileReader,
  task: Pick<Task, "id">,
  said: Said,
): Promise<Said> {
  if (!said.parts.some((part) => "file" in part && "kept" in part.file)) return said;
  return { ...said, parts: await Promise.all(said.parts.map((part) => shown(reader, task, part))) };
}

async function shown({ principal, verbs, url }: FileReader, { id }: Pick<Task, "id">, part: Part): Promise<Part> {
  if (!("file" in part) || !("kept" in part.file)) return part;
  const { kept, size } = part.file;
  if (size > INLINE_BYTES_MAX) return { ...part, file: { url: `${url}/files/${id}/${kept}` } };
  const { bytes } = await verbs.tasks.file(principal, id, kept);
  const chunks: Buffer[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return { ...part, file: { bytes: Buffer.concat(chunks).toString("base64") } };
}
