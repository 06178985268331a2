/**
 * A body of two parts, `multipart/mixed` or `multipart/form-data`: facts about a file, as JSON, and then the bytes of the file, which
 * are passed on as they come. The order of the parts counts, not their names.
 */
import type { Readable } from "node:stream";
import { Dicer } from "@fastify/busboy";
import { Refusal } from "../../task/errors.ts";
import { jsonOf, textOf } from "../body/well-formed.ts";
import { CONTENT_TYPE_FIELD } from "../error-answer.ts";

/** Bytes of the first part. */
const SAID_BYTES_MAX = 64 << 10;
const HEAD_LINES_MAX = 20;
const FIRST_PART = "The first part";

/**
 * Passes the second part to `take`, with the JSON of the first, and resolves with its result once the body has ended. Throws `invalid`
 * for any other body, `too_large` for a first part beyond its bound, and errors of `take`; the rest is then read and dropped.
 */
export async function readTwoParts<Kept>(
  body: Readable,
  type: string,
  take: (said: unknown, bytes: Readable) => Promise<Kept>,
): Promise<Kept> {
  const parser = new Dicer({ boundary: boundaryOf(type), maxHeaderPairs: HEAD_LINES_MAX });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  // Only the first of several errors is told.
  promise.catch(() => {});
  let count = 0;
  let said: Promise<unknown> = Promise.resolve(undefined);
  let taken: Promise<Kept> | undefined;
  parser.on("part", (part) => {
    part.on("error", () => reject(notWhole()));
    count += 1;
    if (count === 1) {
      said = jsonIn(part);
      said.catch(reject);
    } else if (count === 2) {
      taken = said.then((first) => take(first, part));
      taken.then(
        () => part.resume(),
        (error: unknown) => reject(error),
      );
    } else {
      part.resume();
      reject(new Refusal("invalid", "The body has more than two parts."));
    }
  });
  parser.on("error", () => reject(notWhole())).on("finish", resolve);
  body.on("error", reject);
  body.pipe(parser);
  try {
    await promise;
    if (taken === undefined) throw new Refusal("invalid", "The body has fewer than two parts: JSON, then the file.");
    return await taken;
  } catch (error) {
    body.unpipe(parser);
    body.resume();
    parser.destroy();
    throw error;
  }
}

function boundaryOf(type: string): string {
  const isMultipart = /^multipart\/(mixed|form-data)\s*(;|$)/i.test(type);
  const [, quoted, plain] = /;\s*boundary=(?:"([^"]{1,70})"|([^;\s]{1,70}))/i.exec(type) ?? [];
  const boundary = quoted ?? plain;
  if (isMultipart && boundary !== undefined) return boundary;
  throw new Refusal("invalid", "The body is multipart/mixed or multipart/form-data, with a boundary.", {
    field: CONTENT_TYPE_FIELD,
  });
}

async function jsonIn(part: Readable): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of part) {
    if (!(chunk instanceof Buffer)) continue;
    bytes += chunk.length;
    if (bytes > SAID_BYTES_MAX) throw new Refusal("too_large", `The first part may have ${SAID_BYTES_MAX} bytes.`);
    chunks.push(chunk);
  }
  try {
    return jsonOf(textOf(Buffer.concat(chunks), FIRST_PART), FIRST_PART);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    throw new Refusal("invalid", "The first part is no JSON.");
  }
}

function notWhole(): Refusal {
  return new Refusal("invalid", "The body is no whole multipart body.");
}
