/**
 * Bytes that come in a message. The larger ones never are in the JSON of its body: they are files, which came with the
 * request.
 */
import type { Refusal } from "../../task/errors.ts";
import type { Part } from "../../task/part.ts";
import { type Cut, type CutDecoder, fileIn, type Uploads } from "../body/cut-json.ts";
import type { JsonPlace } from "../body/json-places.ts";
import { InvalidParams } from "./faults.ts";
import type { MessageView } from "./model/view.ts";

/** Where bytes are in a message, as any version and binding writes it. */
const IN_MESSAGE: readonly JsonPlace[] = [
  ["parts", null, "raw"],
  ["parts", null, "file", "bytes"],
  ["parts", null, "file", "fileWithBytes"],
  ["parts", null, "file", "file_with_bytes"],
  ["content", null, "file", "fileWithBytes"],
  ["content", null, "file", "file_with_bytes"],
  ["content", null, "file", "bytes"],
];

/** The texts of a body of JSON-RPC that are files. */
export const CUT_OF_RPC: Cut = {
  places: IN_MESSAGE.map((place) => ["params", "message", ...place]),
  decoder: () => new Base64Decoder(),
};
/** The same over HTTP. */
export const CUT_OF_HTTP: Cut = {
  places: IN_MESSAGE.map((place) => ["message", ...place]),
  decoder: CUT_OF_RPC.decoder,
};

/** Base64 of either alphabet, with or without padding, as bytes while it comes. */
class Base64Decoder implements CutDecoder {
  /** Fewer than four characters. */
  #rest = "";
  #hasEnded = false;

  add(characters: string): Buffer {
    const text = this.#rest + characters.replaceAll(/[\r\n]/g, "");
    const plain = text.replace(/=+$/, "");
    if (this.#hasEnded && plain !== "") throw notBase64();
    if (!/^[A-Za-z0-9+/_-]*$/.test(plain)) throw notBase64();
    if (plain.length < text.length) this.#hasEnded = true;
    const whole = this.#hasEnded ? plain.length : plain.length - (plain.length % 4);
    if (this.#hasEnded && plain.length % 4 === 1) throw notBase64();
    this.#rest = plain.slice(whole);
    return Buffer.from(plain.slice(0, whole), "base64");
  }

  end(): Buffer {
    if (this.#rest.length === 1) throw notBase64();
    return Buffer.from(this.#rest, "base64");
  }
}

function notBase64(): Refusal {
  return new InvalidParams([{ field: "message.parts", description: "holds bytes that are not base64" }]);
}

/** The message with its files as what they are: ours, which came with the request. Throws `InvalidParams`. */
export function withFiles(message: MessageView, uploads: Uploads): MessageView {
  return { ...message, parts: message.parts.map((part, at) => withFile(part, at, uploads)) };
}

function withFile(part: Part, at: number, uploads: Uploads): Part {
  if (!("file" in part) || !("bytes" in part.file) || !part.file.bytes.startsWith("file:")) return part;
  const upload = fileIn(part.file.bytes, uploads);
  if (upload === undefined) {
    throw new InvalidParams([{ field: `message.parts.${at}`, description: "must be base64" }]);
  }
  return { ...part, file: { kept: upload.sha256, size: upload.bytes } };
}
