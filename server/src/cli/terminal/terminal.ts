/**
 * Where a command speaks: stdout is data, stderr is talk. Colour and redrawing are for a person who watches, never for a
 * pipe, a file or `NO_COLOR`.
 */
import { styleText } from "node:util";

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

/** What is made of data before it goes out, where something is. */
let filter: ((text: string) => Promise<string>) | null = null;
/** Of the data that went through the filter, the last. */
let filtered: Promise<void> = Promise.resolve();

export function openTerminal(): Terminal {
  const out = screen(process.stdout);
  return { out: filter === null ? out : { ...out, write: throughFilter(out, filter) }, talk: screen(process.stderr) };
}

/** All data that is written from now on goes through it first, in order. */
export function filterData(wanted: (text: string) => Promise<string>): void {
  filter = wanted;
}

/** Ends the filter. Resolves once all data is out; rejects with the first error of the filter, after which nothing more went out. */
export function dataOut(): Promise<void> {
  const out = filtered;
  filter = null;
  filtered = Promise.resolve();
  return out;
}

function throughFilter(out: Screen, made: (text: string) => Promise<string>): (text: string) => void {
  return (text) => {
    filtered = filtered.then(async () => out.write(await made(text)));
    // Whoever runs the command hears of it.
    filtered.catch(() => {});
  };
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
