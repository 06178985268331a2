/** Decodes the escapes of a JSON text whose bytes come in pieces. For ASCII texts only. */
import { Refusal } from "../../task/errors.ts";

const SHORT: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};
const ESCAPE = /\\(?:u([0-9a-fA-F]{4})|(.))/gs;
export class TextEscapes {
  #rest = "";

  add(bytes: Buffer): string {
    const text = this.#rest + bytes.toString("latin1");
    this.#rest = "";
    if (!text.includes("\\")) return text;
    const begun = beginOfLast(text);
    this.#rest = text.slice(begun);
    return text.slice(0, begun).replace(ESCAPE, (_, code: string | undefined, short: string) => {
      const character = code === undefined ? SHORT[short] : String.fromCharCode(Number.parseInt(code, 16));
      if (character === undefined) throw notJson();
      return character;
    });
  }

  /** Throws `invalid` when an escape is incomplete. */
  end(): void {
    if (this.#rest !== "") throw notJson();
  }
}

/** Where an escape begins that continues in the next piece: the end of the text if there is none. */
function beginOfLast(text: string): number {
  const last = text.lastIndexOf("\\");
  let run = last;
  while (run > 0 && text[run - 1] === "\\") run -= 1;
  const isEscaped = (last - run) % 2 === 1;
  const isBegun = last !== -1 && !isEscaped && /^(?:u[0-9a-fA-F]{0,3})?$/.test(text.slice(last + 1, last + 6));
  return isBegun && last + 6 > text.length ? last : text.length;
}

function notJson(): Refusal {
  return new Refusal("invalid", "The body is not valid JSON: a text of it has an escape that there is not.");
}
