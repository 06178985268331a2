/** Version 0.3 over HTTP. */
import type { Codec } from "../codec.ts";
import { read } from "./input.ts";
import { write } from "./output.ts";

export const v03Http: Codec = { version: "0.3", read, write };
