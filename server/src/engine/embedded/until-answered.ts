/** Asks a store that refuses again, ever more rarely, until it answers. */
import type { Clock } from "../clock.ts";
import { AGAIN_MS, AGAIN_MS_MAX } from "./settings.ts";

/** `goesOn` says of an error whether to ask again, else it is thrown; `onRefused` hears of the first alone. */
export async function untilAnswered<Answer>(
  ask: () => Promise<Answer>,
  clock: Pick<Clock, "after">,
  goesOn: (error: unknown) => boolean,
  onRefused: (error: unknown) => void,
): Promise<Answer> {
  for (let waitMs = AGAIN_MS; ; waitMs = Math.min(waitMs * 2, AGAIN_MS_MAX)) {
    try {
      return await ask();
    } catch (error) {
      if (!goesOn(error)) throw error;
      if (waitMs === AGAIN_MS) onRefused(error);
      await new Promise<void>((resolve) => clock.after(waitMs, resolve));
    }
  }
}
