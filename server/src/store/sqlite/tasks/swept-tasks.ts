/** A sweep of tasks that ended long ago, slice by slice, past damaged rows. */
import { Damaged, type DamageLog } from "../../damage.ts";
import type { Channel } from "../thread/channel.ts";
import type { Writes } from "../thread/writes.ts";

/** Successive slices that meet damage, each at another task: as many as have rows on a page. The next sweep goes on behind them. */
const BROKEN_MAX = 64;

/** Returns how many were removed. */
export async function sweptTasks(
  writes: Channel<Writes>,
  retention: { endedBefore: number; limit: number },
  damage: DamageLog,
): Promise<number> {
  let swept = 0;
  let broken = 0;
  for (let more = true; more; ) {
    try {
      const slice = await writes.send("sweep", retention);
      swept += slice.removed;
      more = slice.more;
      broken = 0;
    } catch (error) {
      if (!(error instanceof Damaged)) throw error;
      damage.note(error);
      broken += 1;
      more = broken < BROKEN_MAX;
    }
  }
  return swept;
}
