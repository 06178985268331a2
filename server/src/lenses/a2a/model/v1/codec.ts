/** Version 1.0. */
import type { Codec } from "../codec.ts";
import { read } from "./input.ts";
import { write } from "./output.ts";

export const v1: Codec = { version: "1.0", read, write };
