/**
 * Where a command speaks: stdout is data, stderr is talk. Colour and redrawing are for a person who watches, never for a
 * pipe, a file or `NO_COLOR`.
 */
import { styleText } from "node:util";
import { writeData } from "./filtered-data.ts";

export type Style = Parameters<typeof styleText>[0];

/** A stream, and who reads it. */
export type Screen = {
  write: (text: string) => void;
  /** A person reads it as it comes. */
  live: boolean;
  style: (style: Style, text: string) => string;
  columns: () => number;
  rows: () => number;
};

export type Terminal = { out: Screen; talk: Screen };

export function openTerminal(): Terminal {
  const out = screen(process.stdout);
  return { out: { ...out, write: (text) => writeData(text, out.write) }, talk: screen(process.stderr) };
}

function screen(stream: NodeJS.WriteStream): Screen {
  if (!stream.listeners("error").includes(onStreamError)) stream.on("error", onStreamError);
  return {
    write: (text) => void stream.write(text),
    live: stream.isTTY === true && process.env["TERM"] !== "dumb",
    style: (style, text) => styleText(style, text, { stream, validateStream: true }),
    columns: () => stream.columns ?? 80,
    rows: () => stream.rows ?? 24,
  };
}

/** A reader that has left, like `head`, is no error of ours: there is nobody to tell. */
function onStreamError(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
}
