/**
 * How large the artifacts of a task are, counted at the call that makes one or adds to one: what is written can then be
 * read. What a try of a step adds counts from its call on, and no more when the try fails.
 */
import type { ArtifactSize, ArtifactUpdate } from "../../task/artifact.ts";
import { ARTIFACT_BYTES_MAX, ARTIFACTS_MAX } from "../../task/artifact-bounds.ts";
import { BadValue } from "./handed-over.ts";
import { jsonBytes } from "./json-bytes.ts";

/** What a try makes of one artifact. */
type Pending = { replaces: boolean; bytes: number };

const NO_SIZES = new Map<string, number>();
const NO_TRIES = new Set<ArtifactTry>();

export class ArtifactSizes {
  readonly #known: readonly ArtifactSize[];
  /** Both made with the first that is begun: most tasks make none. */
  #sizes: Map<string, number> = NO_SIZES;
  #underWay: Set<ArtifactTry> = NO_TRIES;

  constructor(known: readonly ArtifactSize[]) {
    this.#known = known;
  }

  /** An update outside of any step. Throws `BadValue` when the artifact would be too large, or is one too many. */
  add(update: ArtifactUpdate): void {
    const tried = this.begin();
    try {
      tried.add(update);
    } finally {
      tried.end(true);
    }
  }

  begin(): ArtifactTry {
    if (this.#sizes === NO_SIZES) {
      this.#sizes = new Map(this.#known.map(({ id, bytes }) => [id, bytes]));
      this.#underWay = new Set();
    }
    const tried = new ArtifactTry(
      (id, pending) => this.#check(id, pending, tried),
      (kept) => this.#end(tried, kept),
    );
    this.#underWay.add(tried);
    return tried;
  }

  #end(tried: ArtifactTry, kept: boolean): void {
    if (!this.#underWay.delete(tried) || !kept) return;
    for (const [id, { replaces, bytes }] of tried.pending)
      this.#sizes.set(id, bytes + (replaces ? 0 : (this.#sizes.get(id) ?? 0)));
  }

  /** Whatever the others under way come to, and in which order, the artifact fits. */
  #check(id: string, { replaces, bytes }: Pending, tried: ArtifactTry): void {
    let sum = bytes + (replaces ? 0 : (this.#sizes.get(id) ?? 0));
    let count = this.#sizes.size;
    for (const other of this.#underWay) {
      if (other !== tried) sum += other.pending.get(id)?.bytes ?? 0;
      count += other.pending.size;
    }
    if (sum > ARTIFACT_BYTES_MAX)
      throw new BadValue(`The artifact "${id}" is larger than ${ARTIFACT_BYTES_MAX} bytes, all its updates together.`);
    if (count >= ARTIFACTS_MAX && !this.#sizes.has(id) && !tried.pending.has(id))
      throw new BadValue(`The artifact "${id}" is one too many: a task has at most ${ARTIFACTS_MAX}.`);
  }
}

/** What one try of a step adds, until it ends. */
export class ArtifactTry {
  readonly pending = new Map<string, Pending>();
  readonly #check: (id: string, pending: Pending) => void;
  readonly #end: (kept: boolean) => void;

  constructor(check: (id: string, pending: Pending) => void, end: (kept: boolean) => void) {
    this.#check = check;
    this.#end = end;
  }

  /** Throws `BadValue` when the artifact would be too large, or is one too many. */
  add(update: ArtifactUpdate): void {
    const bytes = jsonBytes(update);
    const before = this.pending.get(update.id) ?? { replaces: false, bytes: 0 };
    const after = update.append ? { ...before, bytes: before.bytes + bytes } : { replaces: true, bytes };
    this.#check(update.id, after);
    this.pending.set(update.id, after);
  }

  /** Whether what it added is kept. */
  end(kept: boolean): void {
    this.#end(kept);
  }
}
