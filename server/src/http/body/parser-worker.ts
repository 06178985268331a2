/** The thread that parses large bodies, one after the other: a body of 40 MB would hold up the server's own thread for a second. */
import { parentPort } from "node:worker_threads";
import { numberTextsOf } from "../../lenses/body/number-texts.ts";
import { Refusal } from "../../task/errors.ts";
import { OBJECT_KEYS_MAX } from "../../task/json/object-keys.ts";
import { parseJson } from "./json-text.ts";
import { keyCount } from "./key-count.ts";
import type { Parsed, ToParse } from "./parser-thread.ts";

const TOO_MANY_KEYS = `The objects of the body have more than ${OBJECT_KEYS_MAX} different keys.`;

const port = parentPort;
if (port === null) throw new Error("This module is the inside of a worker thread.");

port.on("message", ({ bytes }: ToParse) => port.postMessage(parsed(bytes)));

function parsed(bytes: Uint8Array): Parsed {
  try {
    const value = parseJson(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    if (keyCount(value) > OBJECT_KEYS_MAX) throw new Refusal("too_large", TOO_MANY_KEYS);
    return { value, numberTexts: numberTextsOf(value) };
  } catch (error) {
    if (error instanceof Refusal) return { code: error.code, message: error.message, detail: error.detail };
    return { code: "invalid", message: "The body cannot be read.", detail: {} };
  }
}
