/** What runs in the threads of `offline-detectors.ts`. */
import type { Detection } from "../detector.ts";
import { detectionsIn } from "./detections.ts";
import type { DetectQuestion } from "./offline-detectors.ts";

export function detect({ kind, segments }: DetectQuestion): Detection[][] {
  return segments.map((segment) => detectionsIn(kind, segment));
}
