/** The artifacts of a task in pages: each is put together from its updates, which are read in pages of their own. */
import { type Artifact, type ArtifactSize, updated } from "../../../task/artifact.ts";
import { Refusal } from "../../../task/errors.ts";
import { decodeNumber, encodeNumber } from "../../codec/cursor.ts";
import * as rows from "../../codec/rows.ts";
import { ANSWER_BYTES_MAX, bytesOf } from "../bounds.ts";
import type { Channel } from "../thread/channel.ts";
import type { Reads } from "../thread/reads.ts";

/** Bytes of one artifact that are read. No more is written of one; older versions wrote on. */
const ARTIFACT_BYTES_READ_MAX = 64 << 20;

type Page = { artifacts: Artifact[]; next: string | null };
type Reader = { reads: Pick<Channel<Reads>, "send">; resolve: rows.Resolve };

/** A page ends when it has about the bytes of an answer; an artifact is never divided. */
export async function artifactPage(
  reader: Reader,
  { id, cursor, limit }: { id: string; cursor: string | null; limit: number },
): Promise<Page> {
  const after = cursor === null ? 0 : decodeNumber(cursor);
  const found = (await reader.reads.send("artifacts", { id, after, limit })).map(rows.artifactBeginningOf);
  const artifacts: Artifact[] = [];
  let next = found.length === limit ? (found.at(-1)?.n ?? null) : null;
  let bytes = 0;
  for (const [at, { artifact, n }] of found.entries()) {
    const read = await readArtifact(reader, id, artifact);
    artifacts.push(...read.artifacts);
    bytes += read.bytes;
    if (bytes < ANSWER_BYTES_MAX || at === found.length - 1) continue;
    next = n;
    break;
  }
  return { artifacts, next: next === null ? null : encodeNumber(next) };
}

/** The sizes of artifacts, in slices: a task may have so many updates that other readers would wait for one look at all of them. */
export async function artifactSizes(reads: Reader["reads"], id: string): Promise<ArtifactSize[]> {
  const sizes = new Map<string, number>();
  for (let after: number | null = 0; after !== null; ) {
    const found = (await reads.send("artifactSizes", { id, after })).map(rows.artifactSizeOf);
    after = null;
    for (const { id: artifact, bytes, last } of found) {
      sizes.set(artifact, (sizes.get(artifact) ?? 0) + bytes);
      after = Math.max(after ?? 0, last);
    }
  }
  return Array.from(sizes, ([artifact, bytes]) => ({ id: artifact, bytes }));
}

/** Null if it was replaced in this moment: then it comes on a later page. */
async function readArtifact({ reads, resolve }: Reader, id: string, artifact: string) {
  let known: Artifact | undefined;
  let bytes = 0;
  for (let after = 0, more = true; more; ) {
    const page = await reads.send("artifactUpdates", { id, artifact, after });
    bytes += page.rows.reduce((sum, row) => sum + bytesOf(row), 0);
    if (bytes > ARTIFACT_BYTES_READ_MAX)
      throw new Refusal("too_large", `The artifact "${artifact}" has more than ${ARTIFACT_BYTES_READ_MAX} bytes.`);
    for (const { n, update } of await Promise.all(page.rows.map((row) => rows.artifactUpdateOf(row, resolve)))) {
      known = updated(known, update);
      after = n;
    }
    more = page.more;
  }
  return { artifacts: known ? [known] : [], bytes };
}
