/** The lenses of this server. Beside its folder, a lens needs only a line here. */
import { a2aLens } from "./a2a/routes.ts";
import { bpmLens } from "./bpm/routes.ts";
import { documentsLens } from "./documents/routes.ts";
import type { Lens } from "./lens.ts";
import { nativeLens } from "./native/routes.ts";
import { orchestrateLens } from "./orchestrate/routes.ts";
import { shannonLens } from "./shannon/routes.ts";

/** The first is at the root of the main port, and answers paths that lead to none of the others. */
export const LENSES: readonly [Lens, ...Lens[]] = [
  nativeLens,
  shannonLens,
  documentsLens,
  orchestrateLens,
  a2aLens,
  bpmLens,
];
