/**
 * How a client is told of an event: in 1.0 by the item that a stream would have, in 0.3 by the task as it stands, or by
 * the artifact's event. Where an event makes several items, the task as it stands takes their place.
 */
import { createHmac, type Hmac } from "node:crypto";
import type { Principal } from "../../../task/principal.ts";
import type { PushFormat, Subscription, Told } from "../../../task/subscription.ts";
import type { Task } from "../../../task/task.ts";
import type { Verbs } from "../../../verbs/verbs.ts";
import { signedJson } from "../../body/json-body.ts";
import { DIALECTS } from "../dialect.ts";
import type { EventView } from "../model/view.ts";
import { LogProjection } from "../stream/log-projection.ts";
import { contextIdOf, taskView } from "../view/task.ts";
import type { Version } from "../vocabulary.ts";
import { BASE, CREDENTIALS, FORMAT_OF, SCHEME, TOKEN } from "./config.ts";

const ATTEMPTS_MAX = 8;
const FAILURES_MAX = 20;
const EVENTS_PAGE = 256;
/** Logs that are being read for subscriptions: others are read again from their beginning. */
const LOGS_KEPT_MAX = 500;
/** About the characters that these keep together of what was said. */
const LOGS_SIZE_MAX = 64 << 20;

const CONTENT_TYPE: Readonly<Record<Version, string>> = { "1.0": "application/a2a+json", "0.3": "application/json" };

/** Where the reading of a log stands, and what its last event was to a client. */
type Reading = { log: LogProjection; seq: number; views: EventView[] };

export function pushFormats(verbs: Verbs): PushFormat[] {
  return [pushFormat("1.0", verbs), pushFormat("0.3", verbs)];
}

function pushFormat(version: Version, verbs: Verbs): PushFormat {
  const { codec } = DIALECTS.JSONRPC[version];
  const readings = new Map<string, Reading>();
  return {
    name: FORMAT_OF[version],
    attemptsMax: ATTEMPTS_MAX,
    failuresMax: FAILURES_MAX,
    notificationOf: async (told) => {
      const { subscription, task, event, seq, attempt, at } = told;
      const reader = { principal: ownerOf(subscription, task), verbs, url: subscription.settings[BASE] ?? "" };
      const views = event === null ? [] : await viewsAt(readings, reader, told);
      if (event !== null && views.length === 0) return null;
      const [only] = views;
      const isSnapshot = views.length !== 1 || (version === "0.3" && only !== undefined && "statusUpdate" in only);
      const view: EventView =
        isSnapshot || only === undefined
          ? { task: await taskView(reader, task, { historyLength: null, artifacts: true }) }
          : only;
      const sign = signOf(subscription, Math.floor(at / 1_000));
      const body = await signedJson(codec.write.event(view), sign ? [sign.hmac] : []);
      return {
        contentType: CONTENT_TYPE[version],
        body,
        headers: {
          ...headersOf(subscription, sign),
          "x-a2a-event-id": `${task.id}-${seq}`,
          "x-a2a-delivery-attempt": String(attempt),
        },
      };
    },
  };
}

/** Of a body at its moment, by the one secret that both sides have. */
type Sign = { hmac: Hmac; atS: number };

function signOf({ secrets: { [TOKEN]: token } }: Subscription, atS: number): Sign | null {
  return token === undefined ? null : { hmac: createHmac("sha256", token).update(`${atS}.`), atS };
}

function headersOf({ secrets, settings }: Subscription, sign: Sign | null): Record<string, string> {
  const { [TOKEN]: token, [CREDENTIALS]: credentials } = secrets;
  const { [SCHEME]: scheme } = settings;
  return {
    ...(token !== undefined && { "x-a2a-notification-token": token }),
    ...(sign && { "x-a2a-signature": `t=${sign.atS},v1=${sign.hmac.digest("hex")}` }),
    ...(scheme !== undefined && credentials !== undefined && { authorization: `${scheme} ${credentials}` }),
  };
}

/** Whoever made it could see the task then. */
function ownerOf({ tenant, user, key }: Subscription, task: Task): Principal {
  const scopes = new Set(task.user === user ? (["tasks"] as const) : (["tasks", "tasks:all"] as const));
  return { tenant, user, scopes, keyId: `subscription ${key}` };
}

/** What the event is to a client: the log is read up to it, once while its events are told one after the other. */
async function viewsAt(
  readings: Map<string, Reading>,
  { principal, verbs }: { principal: Principal; verbs: Verbs },
  { subscription: { key }, task, seq }: Told,
): Promise<EventView[]> {
  let reading = readings.get(key);
  if (!reading || reading.seq > seq) {
    const contextId = await contextIdOf({ principal, verbs }, task);
    reading = { log: new LogProjection({ id: task.id, contextId, createdAt: task.createdAt }), seq: 0, views: [] };
    reading.log.endSnapshots();
  }
  while (reading.seq < seq) {
    const events = await verbs.tasks.events(principal, task.id, reading.seq, EVENTS_PAGE);
    if (events.length === 0) return [];
    for (const event of events) {
      if (event.seq > seq) break;
      reading.views = reading.log.read(event);
      reading.seq = event.seq;
    }
  }
  readings.delete(key);
  readings.set(key, reading);
  let size = 0;
  for (const { log } of readings.values()) size += log.size;
  for (const [oldest, { log }] of readings) {
    if (readings.size <= LOGS_KEPT_MAX && size <= LOGS_SIZE_MAX) break;
    size -= log.size;
    readings.delete(oldest);
  }
  return reading.views;
}
