/** A sweep of tasks that ended long ago, slice by slice, past what the disk has damaged. */
import { Refusal } from "../../../task/errors.ts";
import { Damaged, type DamageLog } from "../../damage.ts";
import type { Channel } from "../thread/channel.ts";
import type { Writes } from "../thread/writes.ts";

/** Slices in a row that damaged tasks break, until they are known and left where they are: as many as have rows on a page. */
const BROKEN_BY_TASKS_MAX = 64;

/** How many went. What breaks more slices than tasks can is the search index: the texts stay there, and lead nowhere. */
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
      damage.note(new Damaged(broken > BROKEN_BY_TASKS_MAX ? "search index" : "task that ended long ago", error));
      texts = broken <= BROKEN_BY_TASKS_MAX;
    }
  }
  return swept;
}
