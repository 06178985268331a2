/**
 * Whether all that can move does, within ten seconds of a start. What stood open when the server was ready must have
 * changed, or be seen to wait for something that is not the server's to give: a person, a worker, a time to come, a child
 * that is open, a resume. Whatever wants a slot may only go without while others use up all of them.
 *
 * The seconds are those of the machine (`machine-time.ts`): a busy one is given longer.
 */
import { z } from "zod";
import { isEnded, type Load } from "./load.ts";
import { MachineTime } from "./machine-time.ts";

const RECOVERY_MS_MAX = 10_000;
const LOOK_EVERY_MS = 300;
/** Tasks looked at in one round. */
const LOOKED_AT_MAX = 100;
const READ_AT_ONCE = 20;

const open = z.object({ id: z.string(), updated_at: z.string() });
const page = z.object({ data: z.array(open), next_cursor: z.string().nullable() });
const wait = z.object({ on: z.string(), until: z.string().nullable(), child: z.string().optional() });
const task = z.object({
  kind: z.string(),
  state: z.string(),
  updated_at: z.string(),
  waits: z.array(wait),
  lease: z.object({ until: z.string() }).nullable(),
});

type Open = z.infer<typeof open>;
type Wait = z.infer<typeof wait>;
type Task = z.infer<typeof task>;

/** Sentences about those that stand still without a reason. Empty when the server was gone meanwhile. */
export async function standingStill(load: Load, data: string, slots: number | null): Promise<string[]> {
  const watch = new Watch(load);
  const time = new MachineTime(data);
  try {
    let left = await watch.unmoved(await openTasks(load));
    while (left.length > 0 && !watch.isGone && time.ms < RECOVERY_MS_MAX) {
      await time.pass(LOOK_EVERY_MS);
      // In turn, so that those that wait for their turn do not hide the others.
      left = [...left.slice(LOOKED_AT_MAX), ...(await watch.unmoved(left.slice(0, LOOKED_AT_MAX)))];
    }
    left = await watch.unmoved(left);
    // Whoever ran came further: where that is more than fit at once, the others have their turn after them.
    if (watch.isGone || (slots !== null && watch.moved >= slots)) return [];
    return await Promise.all(left.map((one) => watch.sentenceOf(one)));
  } finally {
    time.end();
  }
}

class Watch {
  readonly #load: Load;
  readonly #from = Date.now();
  moved = 0;
  isGone = false;

  constructor(load: Load) {
    this.#load = load;
  }

  /** Those of them that have not changed, and have no reason not to. */
  async unmoved(tasks: readonly Open[]): Promise<Open[]> {
    const left: Open[] = [];
    for (let from = 0; from < tasks.length && !this.isGone; from += READ_AT_ONCE) {
      const some = tasks.slice(from, from + READ_AT_ONCE);
      const still = await Promise.all(some.map((one) => this.#standsStill(one)));
      left.push(...some.filter((_, at) => still[at]));
    }
    return left;
  }

  async sentenceOf({ id }: Open): Promise<string> {
    const why = await this.#load.call(`/v1/tasks/${id}/why`);
    return `${id} has not moved in ${RECOVERY_MS_MAX} ms, and says: ${JSON.stringify(why?.body)}`;
  }

  async #standsStill({ id, updated_at }: Open): Promise<boolean> {
    const now = await this.#read(id);
    if (!now) return false;
    if (now.updated_at === updated_at) return !(await this.#mayStand(now));
    this.moved += 1;
    return false;
  }

  async #read(id: string): Promise<Task | undefined> {
    const answer = await this.#load.call(`/v1/tasks/${id}`);
    if (answer === null) this.isGone = true;
    return task.safeParse(answer?.body).data;
  }

  /** Nothing that the server could do would move it. */
  async #mayStand({ kind, state, waits, lease }: Task): Promise<boolean> {
    // Whoever does it is another program.
    if (kind === "external") return state !== "running" || lease === null || this.#isToCome(lease.until);
    if (state === "running" || state === "queued") return false;
    if (state !== "waiting" && state !== "input_required") return true;
    const reasons = await Promise.all(waits.map((wait) => this.#holds(wait)));
    return reasons.length > 0 && reasons.every((holds) => holds);
  }

  async #holds({ on, until, child }: Wait): Promise<boolean> {
    if (until !== null && !this.#isToCome(until)) return false;
    if (on !== "child") return on === "input" || on === "timer" || on === "retry";
    const found = await this.#read(child ?? "");
    return found !== undefined && !isEnded(found.state);
  }

  /** What was due before the watch began has had all of its time. */
  #isToCome(time: string): boolean {
    return Date.parse(time) > this.#from;
  }
}

async function openTasks(load: Load): Promise<Open[]> {
  const found: Open[] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const after: string = cursor === "" ? "" : `&cursor=${cursor}`;
    const answer = await load.call(`/v1/tasks?limit=200&state=queued,running,waiting,input_required${after}`);
    const parsed = page.safeParse(answer?.body);
    if (!parsed.success) break;
    found.push(...parsed.data.data);
    cursor = parsed.data.next_cursor;
  }
  return found;
}
