/** A sweep of tasks that ended long ago, slice by slice, past what the disk has damaged. */
import { Refusal } from "../../../task/errors.ts";
import { Damaged, type DamageLog } from "../../damage.ts";
import type { Channel } from "../thread/channel.ts";
import type { Writes } from "../thread/writes.ts";

/** Slices in a row that one damaged task breaks, until it is known and left where it is. */
const BROKEN_BY_TASK_MAX = 2;

/** How many went. What breaks more slices than a task can is the search index: the texts stay there, and lead nowhere. */
export async function sweptTasks(
  writes: Channel<Writes>,
  retention: { endedBefore: number; limit: number },
  damage: DamageLog,
): Promise<number> {
  let swept = 0;
  let broken = 0;
  let texts = true;
  for (let more = true; more; ) {
    try {
      const slice = await writes.send("sweep", { ...retention, texts });
      swept += slice.removed;
      more = slice.more;
      broken = 0;
    } catch (error) {
      broken += 1;
      if (error instanceof Refusal || !texts) throw error;
      damage.note(new Damaged(broken > BROKEN_BY_TASK_MAX ? "search index" : "task that ended long ago", error));
      texts = broken <= BROKEN_BY_TASK_MAX;
    }
  }
  return swept;
}
