/**
 * How slowly a body may come. One that stands still, that comes slower than a telephone line or that takes too long in
 * all is given up: it holds a place that others could have. One timer looks at all of them; one for each request takes
 * longer than to read a small body.
 */

/** The first bytes may take their time; from then on each second wants its bytes. */
const BODY_GRACE_MS = 20_000;
export const BODY_BYTES_PER_S_MIN = 500;
export const BODY_STALLED_MS_MAX = 60_000;
const LOOK_MS = 1_000;

/** A body on its way: whoever reads it counts its bytes here. */
export type ComingBody = { bytes: number };

type Watched = ComingBody & { from: number; msMax: number; seen: number; seenAt: number; late: (why: string) => void };

export class BodyPace {
  readonly #watched = new Set<Watched>();
  #timer: NodeJS.Timeout | undefined;

  /** Calls `late` once, with a sentence, when the body comes too slowly or has not come within `msMax`; unless `done` was called. */
  watch(msMax: number, late: (why: string) => void): { body: ComingBody; done: () => void } {
    const now = performance.now();
    const body = { bytes: 0, from: now, msMax, seen: 0, seenAt: now, late };
    this.#watched.add(body);
    this.#timer ??= setInterval(() => this.#look(), LOOK_MS).unref();
    return { body, done: () => this.#watched.delete(body) };
  }

  #look(): void {
    const now = performance.now();
    for (const body of this.#watched) {
      const why = faultOf(body, now);
      if (why === null) continue;
      this.#watched.delete(body);
      body.late(why);
    }
    if (this.#watched.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

function faultOf(body: Watched, now: number): string | null {
  const ms = now - body.from;
  if (ms > body.msMax) return "The body did not come in time.";
  if (body.bytes !== body.seen) {
    body.seen = body.bytes;
    body.seenAt = now;
  }
  if (now - body.seenAt > BODY_STALLED_MS_MAX) return `No byte of the body came for ${BODY_STALLED_MS_MAX / 1_000} s.`;
  if (ms > BODY_GRACE_MS + (body.bytes * 1_000) / BODY_BYTES_PER_S_MIN)
    return `The body came slower than ${BODY_BYTES_PER_S_MIN} bytes a second.`;
  return null;
}

/** All bodies of this process. */
export const bodyPace = new BodyPace();
