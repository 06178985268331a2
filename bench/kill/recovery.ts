/** Whether every open task moves within ten seconds of a start, or says why it does not. */
import { setTimeout as pass } from "node:timers/promises";
import { z } from "zod";
import type { Load } from "./load.ts";

export const RECOVERY_MS_MAX = 10_000;
/** Tasks looked at after one start. */
const LOOKED_AT_MAX = 200;

const page = z.object({ data: z.array(z.object({ id: z.string(), updated_at: z.string() })) });
const task = z.object({ state: z.string(), updated_at: z.string() });
const why = z.object({
  state: z.string(),
  waits: z.array(z.object({ on: z.string() })),
  running: z.array(z.string()),
  held_by: z.array(z.string()),
  ahead: z.number().nullable(),
  summary: z.string(),
});

/** What `/why` names when nothing is to be expected of the task by itself, or others come first. */
const SAYS_WHY = /held back|process of its own|standing|does not go on|no handler/i;

/** Those that ran at the start and have neither moved since nor say why. Empty when the server was gone meanwhile. */
export async function standingStill(load: Load): Promise<string[]> {
  const before = page.safeParse((await load.call(`/v1/tasks?limit=${LOOKED_AT_MAX}&state=running`))?.body);
  if (!before.success) return [];
  await pass(RECOVERY_MS_MAX);
  const still: string[] = [];
  for (const { id, updated_at } of before.data.data) {
    const now = task.safeParse((await load.call(`/v1/tasks/${id}`))?.body);
    if (!now.success || now.data.updated_at !== updated_at || now.data.state !== "running") continue;
    const said = why.safeParse((await load.call(`/v1/tasks/${id}/why`))?.body);
    if (!said.success) continue;
    const { running, held_by, ahead, summary } = said.data;
    if (running.length > 0 || held_by.length > 0 || ahead !== null || SAYS_WHY.test(summary)) continue;
    still.push(`${id} has not moved in ${RECOVERY_MS_MAX} ms, and says: ${JSON.stringify(said.data)}`);
  }
  return still;
}
