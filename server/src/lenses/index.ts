/** The lenses of this server. A line here is all that a lens needs beside its folder. */
import { documentsLens } from "./documents/routes.ts";
import type { Lens } from "./lens.ts";
import { nativeLens } from "./native/routes.ts";
import { shannonLens } from "./shannon/routes.ts";

/** The first is at the root of the main port, and says what leads to none of the others. */
export const LENSES: readonly [Lens, ...Lens[]] = [nativeLens, shannonLens, documentsLens];

/** Names that scripts already give a port to: until the lens is there, that port stays free, with a note. */
export const LENS_NAMES_TO_COME = ["orchestrate"] as const;
