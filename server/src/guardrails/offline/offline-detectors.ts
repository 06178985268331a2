/**
 * The detectors that need no key and no network. Short texts are looked at where they are asked for, a few milliseconds
 * at most; longer ones in threads, so that nobody else waits.
 */
import { Tinypool } from "tinypool";
import { z } from "zod";
import type { GuardrailKind } from "../../task/agent/guardrails.ts";
import type { Detection, Detector, Segment } from "../detector.ts";

const THREADS_MAX = 2;
const IDLE_MS = 60_000;
const HEAP_MB_MAX = 256;
/** About 4 ms of a kind. */
const CHARS_HERE_MAX = 2_048;
/** Of one question to a thread. */
const SEGMENTS_MAX = 2_000;

const detections = z.array(z.array(z.object({ entity: z.string(), score: z.number(), start: z.int(), end: z.int() })));

export type DetectQuestion = { kind: GuardrailKind; segments: readonly Segment[] };

/** Their tables and patterns come with the first text that is looked at: most servers start without. */
const loaded = () => import("./detections.ts");

/** The threads end by themselves when nobody asks any more. */
export class OfflineDetectors {
  #pool: Tinypool | undefined;

  detector(kind: GuardrailKind): Detector {
    return { kind, name: "offline", detect: (segments, { signal }) => this.#detect(kind, segments, signal) };
  }

  async close(): Promise<void> {
    await this.#pool?.destroy();
  }

  async #detect(kind: GuardrailKind, segments: readonly Segment[], signal: AbortSignal): Promise<Detection[][]> {
    const chars = segments.reduce((sum, { text }) => sum + text.length, 0);
    if (chars <= CHARS_HERE_MAX) {
      const { detectionsIn } = await loaded();
      return segments.map((segment) => detectionsIn(kind, segment));
    }
    const found: Detection[][] = [];
    for (let at = 0; at < segments.length; at += SEGMENTS_MAX) {
      const question: DetectQuestion = { kind, segments: segments.slice(at, at + SEGMENTS_MAX) };
      found.push(...detections.parse(await this.#threads().run(question, { name: "detect", signal })));
    }
    return found;
  }

  #threads(): Tinypool {
    const ending = import.meta.url.slice(import.meta.url.lastIndexOf("."));
    this.#pool ??= new Tinypool({
      filename: new URL(`./detection-worker${ending}`, import.meta.url).href,
      minThreads: 0,
      maxThreads: THREADS_MAX,
      idleTimeout: IDLE_MS,
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB_MAX, maxYoungGenerationSizeMb: 16 },
    });
    return this.#pool;
  }
}
