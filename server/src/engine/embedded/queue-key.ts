/** The queues of all tenants by one name each. */
import type { QueueName } from "../../task/open-task.ts";

export function queueKey(tenant: string, queue: string): string {
  return `${tenant}\n${queue}`;
}

export function namesOf(key: string): QueueName {
  const at = key.indexOf("\n");
  return { tenant: key.slice(0, at), queue: key.slice(at + 1) };
}
