/**
 * What a test waits for that comes through sockets and threads, in no turn that could be counted. Where it never comes, that is
 * said by its name, and the test does not stand still until its runner gives it up.
 */
// Not the ones that a test may have put its own time into.
import { clearTimeout, setTimeout } from "node:timers";

const AWAITED_MS_MAX = 60_000;

export async function awaited<Value>(what: string, coming: Promise<Value>): Promise<Value> {
  const over = Promise.withResolvers<never>();
  const late = new Error(`${what}: it was awaited for ${AWAITED_MS_MAX / 1_000} s, and did not come.`);
  const timer = setTimeout(() => over.reject(late), AWAITED_MS_MAX);
  try {
    return await Promise.race([coming, over.promise]);
  } finally {
    clearTimeout(timer);
  }
}
