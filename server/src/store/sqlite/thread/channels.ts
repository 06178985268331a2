import type { DamageLog } from "../../damage.ts";
import type { Channel } from "./channel.ts";
import type { Reads } from "./reads.ts";
import type { Writes } from "./writes.ts";

/** The ways to the threads of a store, and who hears of what cannot be read: each noun's part of the store is made of these. */
export type Channels = {
  writes: Channel<Writes>;
  reads: Channel<Reads>;
  /** Lists. */
  searches: Channel<Reads>;
  damage: DamageLog;
};
