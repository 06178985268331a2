import { readFileSync } from "node:fs";

// Our own file, read at each start of the command line: a schema would take longer than all else of it.
const own: { version: string } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));

/** The server's version, as its package states it. */
export const VERSION = own.version;
