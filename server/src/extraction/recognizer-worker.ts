/**
 * Tesseract, compiled to WebAssembly, in a thread of its own: a picture that takes too long is ended with the thread. The
 * build without relaxed SIMD gives the same text on every machine.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { parentPort } from "node:worker_threads";
import { gunzipSync } from "node:zlib";
import { decoded, type Leptonica } from "./leptonica.ts";
import type { DecodedPicture, RecognizedText, RecognizerQuestion } from "./recognizer.ts";

type Tesseract = Leptonica & {
  FS: { writeFile(path: string, bytes: Uint8Array): void };
  TessBaseAPI: new () => {
    /** 0 when it has what it needs. */
    Init(folder: null, languages: string, engine: number): number;
    /** Of what lies at `/input`: 1 when it is no picture. The first number says how a camera was held: 1 is upright. */
    SetImageFile(held: number, radians: number): number;
    Recognize(monitor: null): number;
    GetUTF8Text(): string;
    /** In percent. */
    MeanTextConf(): number;
  };
};

/** German first: English letters are among its own, and the other way round umlauts are lost. */
const LANGUAGES = ["deu", "eng"];
const ENGINE_LSTM = 1;
const UPRIGHT = 1;

const require = createRequire(import.meta.url);
const start: (options: object) => Promise<Tesseract> = require("tesseract.js-core/tesseract-core-simd-lstm");
const silent = () => {};
const tesseract = await start({ TesseractProgress: silent, print: silent, printErr: silent });
for (const language of LANGUAGES) {
  const folder = dirname(require.resolve(`@tesseract.js-data/${language}/package.json`));
  const packed = readFileSync(join(folder, "4.0.0_best_int", `${language}.traineddata.gz`));
  tesseract.FS.writeFile(`./${language}.traineddata`, gunzipSync(packed));
}
const reader = new tesseract.TessBaseAPI();
if (reader.Init(null, LANGUAGES.join("+"), ENGINE_LSTM) !== 0) throw new Error("Tesseract lacks its languages.");

parentPort?.on("message", (question: RecognizerQuestion) => {
  if ("file" in question) {
    const picture = decoded(tesseract, question.file);
    parentPort?.postMessage({ picture } satisfies DecodedPicture);
    return;
  }
  tesseract.FS.writeFile("/input", question.graymap);
  if (reader.SetImageFile(UPRIGHT, 0) === 1) throw new Error("Tesseract cannot read the picture.");
  reader.Recognize(null);
  parentPort?.postMessage({ text: reader.GetUTF8Text(), confidence: reader.MeanTextConf() } satisfies RecognizedText);
});
