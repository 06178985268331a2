/** The thread in which large bodies are parsed, one after the other: 40 MB would hold the server's own for a second. */
import { parentPort } from "node:worker_threads";
import { numberTextsOf } from "../../lenses/body/number-texts.ts";
import { Refusal } from "../../task/errors.ts";
import { parseJson } from "./json-text.ts";
import type { Parsed, ParsedValue, ToParse, Unreadable } from "./parser-thread.ts";

const port = parentPort;
if (port === null) throw new Error("This module is the inside of a worker thread.");

port.on("message", ({ id, bytes }: ToParse) => port.postMessage({ id, ...parsed(bytes) } satisfies Parsed));

function parsed(bytes: Uint8Array): ParsedValue | Unreadable {
  try {
    const value = parseJson(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    return { value, numberTexts: numberTextsOf(value) };
  } catch (error) {
    if (error instanceof Refusal) return { invalid: error.message, detail: error.detail };
    return { invalid: "The body cannot be read.", detail: {} };
  }
}
