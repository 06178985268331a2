/**
 * The least pace of a body. One that stalls, comes more slowly than over a telephone line or takes too long in all is given up, as it
 * holds a place that others could have; and so is one whose caller's key has ended meanwhile. One timer looks at all of them; a timer
 * for each request takes longer than to read a small body.
 */
import { keyHasEnded, Refusal } from "../../task/errors.ts";

/** The first bytes may take `graceMs`; from then on each second needs its bytes. */
export type BodyPaceBounds = { graceMs: number; bytesPerSMin: number; stalledMsMax: number };

export const USUAL_PACE: BodyPaceBounds = { graceMs: 20_000, bytesPerSMin: 500, stalledMsMax: 60_000 };
const LOOK_MS = 400;

/** A body on its way: its reader counts its bytes here. */
export type ComingBody = { bytes: number };

type Watched = ComingBody & {
  from: number;
  msMax: number;
  seen: number;
  seenAt: number;
  giveUp: (why: Refusal) => void;
  /** Called once, for a body that has not come at the first look: most never are. */
  keyEnd: () => AbortSignal | null;
  isHeld: boolean;
  release: () => void;
};

export class BodyPace {
  readonly #watched = new Set<Watched>();
  readonly #bounds: BodyPaceBounds;
  #timer: NodeJS.Timeout | undefined;

  constructor(bounds = USUAL_PACE) {
    this.#bounds = bounds;
  }

  /**
   * Calls `giveUp` once when the body comes too slowly, has not come within `msMax`, or the signal of `keyEnd` fires, as its caller's
   * key has ended; unless `done` was called.
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
      const why = faultOf(body, this.#bounds, now);
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

function faultOf(body: Watched, { graceMs, bytesPerSMin, stalledMsMax }: BodyPaceBounds, now: number): string | null {
  const ms = now - body.from;
  if (ms > body.msMax) return "The body did not come in time.";
  if (body.bytes !== body.seen) {
    body.seen = body.bytes;
    body.seenAt = now;
  }
  if (now - body.seenAt > stalledMsMax) return `No byte of the body came for ${stalledMsMax / 1_000} s.`;
  if (ms > graceMs + (body.bytes * 1_000) / bytesPerSMin)
    return `The body came slower than ${bytesPerSMin} bytes a second.`;
  return null;
}
