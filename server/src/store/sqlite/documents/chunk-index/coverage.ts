/**
 * The part of a vector store in segments, and the rest. A segment knows its chunks by cut and version: changed and new ones are
 * searched in their rows. Both become part of another segment once there are enough, so that the number of segments stays small.
 */
import { MERGED_CHUNKS_MAX } from "../../../../retrieval/term-lists.ts";
import { hashOf } from "../../../../retrieval/terms.ts";
import type { Member, Membership } from "../membership.ts";

/** Chunks of a member from `from` on, at most as many as a segment has room for. */
export type Piece = { member: Member; from: number; chunks: number };

/** A part of a segment's source, by which it is recognised; `mark` distinguishes documents of different databases. */
export type Part = {
  cut: number;
  version: number;
  from: number;
  chunks: number;
  embedding: number;
  embeddingVersion: number;
  mark: number;
};

type Placed = { piece: Piece; place: number };
type Covered<Segment> = { segment: Segment; parts: Placed[]; chunks: number };
export type Coverage<Segment> = { segments: Covered<Segment>[]; rest: Piece[]; restChunks: number };

/** Fewer chunks are searched faster without lists. */
export const MERGED_CHUNKS_MIN = 4_096;

export function partOf({ member, from, chunks }: Piece): Part {
  const { cut, version, embedding } = member;
  return {
    ...{ cut, version, from, chunks, embedding: embedding?.n ?? 0, embeddingVersion: embedding?.version ?? 0 },
    mark: hashOf(member.document),
  };
}

export function coverageOf<Segment extends { parts: readonly Part[] }>(
  membership: Membership,
  segments: readonly Segment[],
): Coverage<Segment> {
  const covered = new Map<Member, Set<number>>();
  const placed = segments.map((segment) => {
    const parts: Placed[] = [];
    let place = 0;
    let chunks = 0;
    for (const part of segment.parts) {
      const member = membership.withCut(part.cut);
      const piece = member && { member, from: part.from, chunks: part.chunks };
      if (piece && isSame(partOf(piece), part)) {
        parts.push({ piece, place });
        chunks += part.chunks;
        const froms = covered.get(member);
        if (froms) froms.add(part.from);
        else covered.set(member, new Set([part.from]));
      }
      place += part.chunks;
    }
    return { segment, parts, chunks };
  });
  const rest: Piece[] = [];
  let restChunks = 0;
  for (const member of membership.members) {
    const froms = covered.get(member);
    for (let from = 0; from < member.chunks; from += MERGED_CHUNKS_MAX) {
      if (froms?.has(from)) continue;
      const piece = { member, from, chunks: Math.min(MERGED_CHUNKS_MAX, member.chunks - from) };
      rest.push(piece);
      restChunks += piece.chunks;
    }
  }
  return { segments: placed, rest, restChunks };
}

function isSame(one: Part, other: Part): boolean {
  return (
    one.version === other.version &&
    one.embedding === other.embedding &&
    one.embeddingVersion === other.embeddingVersion &&
    one.mark === other.mark
  );
}

/**
 * The parts of the next segment, and the segments that it replaces; null when all is well. Smaller segments are merged into it as long
 * as they are at most twice as large as the rest, so that each chunk is written a few times, and there are few.
 */
export function nextMerge<Segment extends { chunks: number }>({
  segments,
  rest,
  restChunks,
}: Coverage<Segment>): { pieces: Piece[]; replaced: Segment[] } | null {
  const sparse = segments.find(({ segment, chunks }) => chunks < segment.chunks / 2);
  if (restChunks < MERGED_CHUNKS_MIN && !sparse) return null;
  const pieces: Piece[] = [];
  const replaced: Segment[] = [];
  let taken = 0;
  const take = (piece: Piece) => {
    pieces.push(piece);
    taken += piece.chunks;
  };
  if (sparse) {
    for (const { piece } of sparse.parts) take(piece);
    replaced.push(sparse.segment);
  }
  for (const piece of rest) if (taken + piece.chunks <= MERGED_CHUNKS_MAX) take(piece);
  for (const { segment, parts, chunks } of segments.toSorted((a, b) => a.chunks - b.chunks)) {
    if (segment === sparse?.segment || chunks > 2 * taken || taken + chunks > MERGED_CHUNKS_MAX) continue;
    for (const { piece } of parts) take(piece);
    replaced.push(segment);
  }
  pieces.sort((a, b) => a.member.cut - b.member.cut || a.from - b.from);
  return { pieces, replaced };
}
