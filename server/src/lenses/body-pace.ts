/**
 * How slowly a body may come. One that stands still, that comes slower than a telephone line or that takes too long in
 * all is given up: it holds a place that others could have; and so is one whose caller's key has ended meanwhile. One timer
 * looks at all of them; one for each request takes longer than to read a small body.
 */
import { keyHasEnded, Refusal } from "../task/errors.ts";

/** The first bytes may take their time; from then on each second wants its bytes. */
const BODY_GRACE_MS = 20_000;
export const BODY_BYTES_PER_S_MIN = 500;
export const BODY_STALLED_MS_MAX = 60_000;
const LOOK_MS = 400;

/** A body on its way: whoever reads it counts its bytes here. */
export type ComingBody = { bytes: number };

type Watched = ComingBody & {
  from: number;
  msMax: number;
  seen: number;
  seenAt: number;
  giveUp: (why: Refusal) => void;
  /** Asked once, of a body that has not come at the first look: most are not asked. */
  keyEnd: () => AbortSignal | null;
  isHeld: boolean;
  release: () => void;
};

export class BodyPace {
  readonly #watched = new Set<Watched>();
  #timer: NodeJS.Timeout | undefined;

  /**
   * Calls `giveUp` once when the body comes too slowly, has not come within `msMax`, or the signal of `keyEnd` fires, which
   * says that its caller's key has ended; unless `done` was called.
   */
  watch(
    msMax: number,
    giveUp: (why: Refusal) => void,
    keyEnd: () => AbortSignal | null = () => null,
  ): { body: ComingBody; done: () => void } {
    const now = performance.now();
    const body = { bytes: 0, from: now, msMax, seen: 0, seenAt: now, giveUp, keyEnd, isHeld: false, release: noop };
    this.#watched.add(body);
    this.#timer ??= setInterval(() => this.#look(), LOOK_MS).unref();
    return { body, done: () => this.#forget(body) };
  }

  #look(): void {
    const now = performance.now();
    for (const body of this.#watched) {
      const why = faultOf(body, now);
      if (why !== null) this.#end(body, new Refusal("invalid", why));
      else if (!body.isHeld) this.#hold(body);
    }
    if (this.#watched.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #hold(body: Watched): void {
    body.isHeld = true;
    const ended = body.keyEnd();
    if (ended === null) return;
    const end = () => this.#end(body, keyHasEnded());
    ended.addEventListener("abort", end, { once: true });
    body.release = () => ended.removeEventListener("abort", end);
  }

  #end(body: Watched, why: Refusal): void {
    this.#forget(body);
    body.giveUp(why);
  }

  #forget(body: Watched): void {
    body.release();
    this.#watched.delete(body);
  }
}

function noop(): void {}

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
