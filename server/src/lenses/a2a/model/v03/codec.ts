/** Version 0.3 over JSON-RPC. */
import type { Codec } from "../codec.ts";
import { read } from "./input.ts";
import { write } from "./output.ts";

export const v03: Codec = { version: "0.3", read, write };
