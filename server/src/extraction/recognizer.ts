/**
 * Reads the text of pictures, in English and German, with what its packages bring: nothing is ever fetched. It works in a
 * thread, which is started with the first picture and ended when one takes too long. A picture that gives little sense as
 * it stands is tried the other three ways round.
 */
import { Worker } from "node:worker_threads";
import { ExtractionError } from "./extraction.ts";
import { type GrayPicture, graymapOf, mirrored, scaled, turned } from "./gray-picture.ts";
import type { Limits } from "./limits.ts";
import { escaped } from "./markdown.ts";

/** Of `senseOf`. Below it the other ways round are tried. */
const SENSE_SURE = 50;
/** In percent. What is below it are letters seen in clouds. */
const CONFIDENCE_MIN = 30;
/** A picture is made larger or smaller until its longer side is within these: letters are read best at about 30 dots. */
const SIDE_MIN = 1_600;
const SIDE_MAX = 4_000;
const ENLARGED_MOST = 2;
/** How often its time is looked at. */
const CHECK_MS = 200;
/** Of a line of running text, on average. */
const PROSE_CHARACTERS_MIN = 40;

/** What the thread is asked: to make a file's dots, or to read them. */
export type RecognizerQuestion = { file: Uint8Array } | { graymap: Uint8Array };
/** Null of a file that cannot be decoded. */
export type DecodedPicture = { picture: GrayPicture | null };
/** The confidence is in percent. */
export type RecognizedText = { text: string; confidence: number };

/** How a camera was held, by EXIF: a quarter to the right so many times, after a mirror or without. */
const HELD: Readonly<Record<number, { mirror: boolean; quarters: number }>> = {
  1: { mirror: false, quarters: 0 },
  2: { mirror: true, quarters: 0 },
  3: { mirror: false, quarters: 2 },
  4: { mirror: true, quarters: 2 },
  5: { mirror: true, quarters: 3 },
  6: { mirror: false, quarters: 1 },
  7: { mirror: true, quarters: 1 },
  8: { mirror: false, quarters: 3 },
};

export class Recognizer {
  readonly #limits: Limits;
  readonly #busy: (busy: boolean) => void;
  #worker: Worker | null = null;

  /** `busy` is told when a picture is begun and when it is done. */
  constructor(limits: Limits, busy: (busy: boolean) => void) {
    this.#limits = limits;
    this.#busy = busy;
  }

  /**
   * Of a file (PNG, JPEG, TIFF, WebP): as Markdown; empty when there is no text in it. Null when it took too long. Rejects
   * with `invalid_file` when it cannot be decoded. `held`: how its camera was held, by EXIF.
   */
  textOfFile(file: Uint8Array, held: number): Promise<string | null> {
    return this.#timed(async () => {
      const { picture } = await this.#ask<DecodedPicture>({ file });
      if (picture === null) throw new ExtractionError("invalid_file", "The picture is damaged.");
      const { mirror, quarters } = HELD[held] ?? { mirror: false, quarters: 0 };
      return this.#bestOf(turned(mirror ? mirrored(picture) : picture, quarters));
    });
  }

  /** The same of a picture without a format. */
  textOf(picture: GrayPicture): Promise<string | null> {
    return this.#timed(() => this.#bestOf(picture));
  }

  async end(): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    await worker?.terminate();
  }

  async #timed(work: () => Promise<RecognizedText>): Promise<string | null> {
    this.#busy(true);
    const timeLeft = Promise.withResolvers<null>();
    const before = process.cpuUsage();
    const timer = setInterval(() => {
      const { user, system } = process.cpuUsage(before);
      if ((user + system) / 1_000 >= this.#limits.recognizeMs) timeLeft.resolve(null);
    }, CHECK_MS);
    try {
      const read = await Promise.race([work(), timeLeft.promise]);
      if (read === null) await this.end();
      return read === null ? null : read.confidence < CONFIDENCE_MIN ? "" : markdownOf(read.text);
    } finally {
      clearInterval(timer);
      this.#busy(false);
    }
  }

  async #bestOf(picture: GrayPicture): Promise<RecognizedText> {
    const upright = ofReadableSize(picture);
    let best = await this.#read(upright);
    for (const quarters of [1, 3, 2]) {
      if (senseOf(best) >= SENSE_SURE) break;
      const read = await this.#read(turned(upright, quarters));
      if (senseOf(read) > senseOf(best)) best = read;
    }
    return best;
  }

  #read(picture: GrayPicture): Promise<RecognizedText> {
    return this.#ask<RecognizedText>({ graymap: graymapOf(picture) });
  }

  #ask<Answer>(question: RecognizerQuestion): Promise<Answer> {
    this.#worker ??= startWorker();
    const worker = this.#worker;
    return new Promise((resolve, reject) => {
      const done = (settle: () => void) => {
        worker.off("message", onMessage).off("error", onEnd).off("exit", onEnd);
        settle();
      };
      const onMessage = (answer: Answer) => done(() => resolve(answer));
      const onEnd = () => {
        this.#worker = null;
        done(() => reject(new ExtractionError("internal_error", "What reads pictures broke down.")));
      };
      worker.on("message", onMessage).on("error", onEnd).on("exit", onEnd);
      worker.postMessage(question);
    });
  }
}

/** The confidence, less where there are hardly any words: letters that lie on their side are read as signs, with confidence. */
function senseOf({ text, confidence }: RecognizedText): number {
  const signs = text.replaceAll(/\s+/g, "").length;
  const inWords = (text.match(/[\p{L}\p{N}]{3,}/gu) ?? []).join("").length;
  return confidence * (0.2 + (0.8 * inWords) / Math.max(1, signs));
}

function startWorker(): Worker {
  const file = import.meta.url.endsWith(".ts") ? "./recognizer-worker.ts" : "./recognizer-worker.js";
  return new Worker(new URL(file, import.meta.url));
}

/** Letters are read best at a certain size. */
function ofReadableSize(picture: GrayPicture): GrayPicture {
  const side = Math.max(picture.width, picture.height);
  const scale = side > SIDE_MAX ? SIDE_MAX / side : Math.max(1, Math.min(ENLARGED_MOST, SIDE_MIN / side));
  return scale === 1 ? picture : scaled(picture, scale);
}

/** Running text in whole paragraphs, what stands in short lines line by line. */
function markdownOf(text: string): string {
  const paragraphs = text
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.split("\n").map((line) => escaped(line).trim()));
  return paragraphs
    .map((lines) => lines.filter((line) => line !== ""))
    .filter((lines) => lines.length > 0)
    .map((lines) => {
      const characters = lines.reduce((sum, line) => sum + line.length, 0);
      const whole = lines.join("\n").replaceAll(/(\p{L})-\n(?=\p{Ll})/gu, "$1");
      return characters / lines.length >= PROSE_CHARACTERS_MIN ? whole.replaceAll("\n", " ") : whole;
    })
    .join("\n\n");
}
