/**
 * A guard over one side of a run, input or output: it cuts a text into sentences, asks the detectors, and takes out what
 * counts. A text that streams is let through sentence by sentence, as it would come out had it been there at once.
 */
import {
  type Guardrail,
  type GuardrailFinding,
  type GuardrailKind,
  type GuardrailReport,
  TEXT_REMOVED,
} from "../task/agent/guardrails.ts";
import { type Detection, type Detector, DetectorFailure, type Looking, type Segment } from "./detector.ts";
import { Segmenter, segmentsOf } from "./segments.ts";

/** What a guard looks for: from which score on, by whom, and what it does then. */
export type Watch = {
  kind: GuardrailKind;
  threshold: number;
  mask: Guardrail["mask"];
  detector: Detector;
  /** What a detector that cannot look means: nothing goes on, or it goes on with a warning. */
  whenDown: "closed" | "open";
};

export type Warning = GuardrailReport["warnings"][number];

/** A text without what was taken out of it. */
export type Cleaned = { text: string; findings: GuardrailFinding[]; warnings: Warning[] };

/** Where a text goes on whose end was not handed out: that end, what stands before it, and how many code points that is. */
export type Tail = { text: string; before: string; at: number };

type Counted = { watch: Watch; detection: Detection };

export class Guard {
  readonly side: "input" | "output";
  readonly #watches: readonly Watch[];

  constructor(side: "input" | "output", watches: readonly Watch[]) {
    this.side = side;
    this.#watches = watches;
  }

  /** What each question to a model about a text may cost; none where no detector asks one. */
  get questions(): readonly NonNullable<Detector["asks"]>[] {
    return this.#watches.flatMap(({ detector }) => detector.asks ?? []);
  }

  /** What in a text counts, each as `blocked`. `of` names the text. Rejects with `DetectorFailure`. */
  async find(text: string, of: string, looking: Looking): Promise<Omit<Cleaned, "text">> {
    const looked = new Looked(this.side, of, { action: "blocked" });
    await this.#look(segmentsOf(text), looked, looking);
    return looked;
  }

  /** A whole text without what counts; `masked` never takes out a sentence. Rejects with `DetectorFailure`. */
  async clean(text: string, of: string, looking: Looking, action?: "masked"): Promise<Cleaned> {
    const looked = new Looked(this.side, of, action && { action });
    await this.#look(segmentsOf(text), looked, looking);
    return looked;
  }

  /** Lets a text through while it comes. `tail` is what an earlier stream of the same text had kept back. */
  stream(of: string, looking: Looking, onText: (piece: string) => void, tail?: Tail): GuardedStream {
    const looked = new Looked(this.side, of, { at: tail?.at });
    return new GuardedStream(looked, onText, (segments) => this.#look(segments, looked, looking), tail);
  }

  async #look(segments: readonly Segment[], looked: Looked, looking: Looking): Promise<void> {
    if (segments.length === 0) return;
    const found = await Promise.all(this.#watches.map((watch) => this.#ask(watch, segments, looked, looking)));
    looking.signal.throwIfAborted();
    for (const [index, segment] of segments.entries()) {
      looked.add(
        segment.text,
        found.flatMap((each) => each[index] ?? []),
      );
    }
  }

  async #ask(watch: Watch, segments: readonly Segment[], looked: Looked, looking: Looking): Promise<Counted[][]> {
    try {
      const found = await watch.detector.detect(segments, looking);
      return found.map((detections) =>
        detections.flatMap((detection) => (detection.score >= watch.threshold ? { watch, detection } : [])),
      );
    } catch (error) {
      if (!(error instanceof DetectorFailure) || watch.whenDown === "closed") throw error;
      looked.warn({ id: "DETECTOR_UNAVAILABLE", message: `${watch.kind} was not looked for: ${error.message}` });
      return [];
    }
  }
}

/** A text on its way through a guard. */
export class GuardedStream {
  readonly #looked: Looked;
  readonly #onText: (piece: string) => void;
  readonly #look: (segments: readonly Segment[]) => Promise<void>;
  readonly #segmenter: Segmenter;
  #work: Promise<void> = Promise.resolve();
  #sent = 0;

  constructor(
    looked: Looked,
    onText: (piece: string) => void,
    look: (segments: readonly Segment[]) => Promise<void>,
    tail: Pick<Tail, "text" | "before"> = { text: "", before: "" },
  ) {
    this.#looked = looked;
    this.#onText = onText;
    this.#look = look;
    this.#segmenter = new Segmenter(tail.before);
    this.push(tail.text);
  }

  push(piece: string): void {
    this.#through(this.#segmenter.push(piece));
  }

  /** All that came, cleaned: what was sent, joined. Rejects with `DetectorFailure`. */
  async end(): Promise<Cleaned> {
    this.#through(this.#segmenter.end());
    await this.#work;
    return this.#looked;
  }

  /** As `end`, without the sentence that is not complete: its text goes on elsewhere. */
  async interrupt(): Promise<Cleaned & { tail: Tail }> {
    await this.#work;
    const { text, findings, warnings, at } = this.#looked;
    return { text, findings, warnings, tail: { ...this.#segmenter.rest(), at } };
  }

  #through(segments: readonly Segment[]): void {
    if (segments.length === 0) return;
    this.#work = this.#work.then(async () => {
      await this.#look(segments);
      const { text } = this.#looked;
      this.#onText(text.slice(this.#sent));
      this.#sent = text.length;
    });
    // Whoever awaits the end is told of it.
    this.#work.catch(() => {});
  }
}

/** What has been looked at of a text. */
class Looked implements Cleaned {
  text = "";
  readonly findings: GuardrailFinding[] = [];
  readonly warnings: Warning[] = [];
  readonly #side: "input" | "output";
  readonly #of: string;
  readonly #action: "blocked" | "masked" | undefined;
  /** Code points before what comes next. */
  at: number;

  constructor(
    side: "input" | "output",
    of: string,
    how: { action?: "blocked" | "masked"; at?: number | undefined } = {},
  ) {
    this.#side = side;
    this.#of = of;
    this.#action = how.action;
    this.at = how.at ?? 0;
  }

  warn(warning: Warning): void {
    if (!this.warnings.some(({ message }) => message === warning.message)) this.warnings.push(warning);
  }

  add(text: string, counted: readonly Counted[]): void {
    const found = counted.toSorted((a, b) => a.detection.start - b.detection.start);
    const removes = this.#action === undefined && found.some(({ watch }) => watch.mask === undefined);
    const places = new Places(text, this.at);
    for (const { watch, detection } of found) {
      const { entity, score, start, end } = detection;
      this.findings.push({
        kind: watch.kind,
        detector: watch.detector.name,
        entity,
        score,
        in: this.#side,
        of: this.#of,
        start: places.of(start),
        end: places.of(end),
        ...(!watch.mask?.removeEntityValue && { word: text.slice(start, end) }),
        action: this.#action ?? (removes ? "removed" : "masked"),
      });
    }
    this.text += removes ? removed(text) : masked(text, found);
    this.at = places.of(text.length);
  }
}

/** The places of a text in code points. */
class Places {
  readonly #text: string;
  #units = 0;
  #points: number;

  constructor(text: string, first: number) {
    this.#text = text;
    this.#points = first;
  }

  /** Cheapest when asked in rising order. */
  of(unit: number): number {
    const between = codePoints(this.#text.slice(Math.min(unit, this.#units), Math.max(unit, this.#units)));
    this.#points += unit < this.#units ? -between : between;
    this.#units = unit;
    return this.#points;
  }
}

function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** The sentence's blanks stay: they part it from the next. */
function removed(text: string): string {
  const sentence = text.trim();
  const at = text.indexOf(sentence);
  return text.slice(0, at) + TEXT_REMOVED + text.slice(at + sentence.length);
}

function masked(text: string, found: readonly Counted[]): string {
  let shown = "";
  let at = 0;
  for (const { detection } of found) {
    if (detection.end <= at) continue;
    const start = Math.max(detection.start, at);
    shown += text.slice(at, start) + "*".repeat(codePoints(text.slice(start, detection.end)));
    at = detection.end;
  }
  return shown + text.slice(at);
}
