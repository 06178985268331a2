/**
 * `fetch` for provider packages, with a bound on what one answer may bring over the wire: the packages buffer a line
 * until it ends, and a provider that never ends its line would otherwise fill the memory.
 */

import { ModelError } from "./model.ts";

/** The last event of a stream may repeat the whole answer, escaped. */
const lineBytesPerOutputByte = 2;
/** Every few characters of text travel in an envelope of some 200 bytes. */
const bodyBytesPerOutputByte = 16;
const lineFeed = 10;

/** Wraps the global `fetch`. A line or a body too long for `outputBytesMax` fails its reader with `bad_answer`. */
export function boundedFetch(outputBytesMax: number): typeof globalThis.fetch {
  return async (input, init) => {
    const response = await fetch(input, init);
    if (response.body === null) return response;
    let bodyBytes = 0;
    let lineBytes = 0;
    const bounded = response.body.pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          const lineEnd = chunk.lastIndexOf(lineFeed);
          bodyBytes += chunk.byteLength;
          lineBytes = lineEnd === -1 ? lineBytes + chunk.byteLength : chunk.byteLength - lineEnd - 1;
          const fits =
            bodyBytes <= outputBytesMax * bodyBytesPerOutputByte &&
            lineBytes <= outputBytesMax * lineBytesPerOutputByte;
          if (fits) controller.enqueue(chunk);
          else
            controller.error(new ModelError("bad_answer", `the answer is longer than ${outputBytesMax} bytes allow`));
        },
      }),
    );
    return new Response(bounded, response);
  };
}
