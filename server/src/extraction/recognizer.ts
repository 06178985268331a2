/**
 * Reads the text of pictures, in English and German, with what its packages bring: nothing is ever fetched. It works in a
 * thread, which is started with the first picture and ended when one takes too long. A picture that gives little sense as
 * it stands is tried the other three ways round.
 */
import { Worker } from "node:worker_threads";
import sharp, { type Sharp } from "sharp";
import { ExtractionError } from "./extraction.ts";
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

/** A byte for each dot, from the left to the right and from the top to the bottom. */
export type GrayPicture = { width: number; height: number; gray: Uint8Array };

export type PictureToRead = { png: Uint8Array };
/** The confidence is in percent. */
export type RecognizedText = { text: string; confidence: number };

export class Recognizer {
  readonly #limits: Limits;
  readonly #busy: (busy: boolean) => void;
  #worker: Worker | null = null;

  /** `busy` is told when a picture is begun and when it is done. */
  constructor(limits: Limits, busy: (busy: boolean) => void) {
    this.#limits = limits;
    this.#busy = busy;
    sharp.cache(false);
    sharp.concurrency(1);
  }

  /** As Markdown; empty when there is no text in it. Null when it took too long. */
  async textOf(picture: Sharp): Promise<string | null> {
    this.#busy(true);
    const timeLeft = Promise.withResolvers<null>();
    const before = process.cpuUsage();
    const timer = setInterval(() => {
      const { user, system } = process.cpuUsage(before);
      if ((user + system) / 1_000 >= this.#limits.recognizeMs) timeLeft.resolve(null);
    }, CHECK_MS);
    try {
      const read = await Promise.race([this.#bestOf(picture), timeLeft.promise]);
      if (read === null) await this.end();
      return read === null ? null : read.confidence < CONFIDENCE_MIN ? "" : markdownOf(read.text);
    } finally {
      clearInterval(timer);
      this.#busy(false);
    }
  }

  /** The same of a picture without a format. */
  textOfGray({ width, height, gray }: GrayPicture): Promise<string | null> {
    return this.textOf(sharp(gray, { raw: { width, height, channels: 1 } }));
  }

  async end(): Promise<void> {
    const worker = this.#worker;
    this.#worker = null;
    await worker?.terminate();
  }

  async #bestOf(picture: Sharp): Promise<RecognizedText> {
    const upright = await prepared(picture);
    let best = await this.#read(upright);
    for (const degrees of [90, 270, 180]) {
      if (senseOf(best) >= SENSE_SURE) break;
      const turned = await this.#read(await sharp(upright).rotate(degrees).png({ compressionLevel: 1 }).toBuffer());
      if (senseOf(turned) > senseOf(best)) best = turned;
    }
    return best;
  }

  #read(png: Buffer): Promise<RecognizedText> {
    this.#worker ??= startWorker();
    const worker = this.#worker;
    return new Promise((resolve, reject) => {
      const done = (settle: () => void) => {
        worker.off("message", onMessage).off("error", onEnd).off("exit", onEnd);
        settle();
      };
      const onMessage = (read: RecognizedText) => done(() => resolve(read));
      const onEnd = () => {
        this.#worker = null;
        done(() => reject(new ExtractionError("internal_error", "What reads pictures broke down.")));
      };
      worker.on("message", onMessage).on("error", onEnd).on("exit", onEnd);
      worker.postMessage({ png } satisfies PictureToRead);
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

/** Upright as its camera says, in gray, on white, of a size that reads well. */
async function prepared(picture: Sharp): Promise<Buffer> {
  const { width = 1, height = 1 } = await picture.metadata();
  const side = Math.max(width, height);
  const scale = side > SIDE_MAX ? SIDE_MAX / side : Math.max(1, Math.min(ENLARGED_MOST, SIDE_MIN / side));
  const scaled = picture.autoOrient().flatten({ background: "white" }).grayscale();
  const size = Math.max(1, Math.round(width * scale));
  return (scale === 1 ? scaled : scaled.resize({ width: size })).png({ compressionLevel: 1 }).toBuffer();
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
