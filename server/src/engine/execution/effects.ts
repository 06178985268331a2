/** What a handler's calls record, checked as it comes from the handler's code: events, artifacts, progress. */
import type { z } from "zod";
import { artifactUpdate } from "../../task/artifact.ts";
import { Refusal } from "../../task/errors.ts";
import { type EventDraft, eventType } from "../../task/event.ts";
import { isJson } from "../../task/json.ts";
import type { PartialWrite } from "./attempt-port.ts";

/** Throws `invalid` when its data is not JSON, and a `ZodError` when its type is no name of an event. */
export function checkedEvent(event: EventDraft): EventDraft {
  if (!isJson(event.data)) throw new Refusal("invalid", `The data of event ${event.type} is not JSON.`);
  return { type: eventType.parse(event.type), data: event.data };
}

/** The artifact, and the event that tells of it. */
export function artifactWrite(update: z.input<typeof artifactUpdate>): PartialWrite {
  const artifact = artifactUpdate.parse(update);
  const { append, last } = artifact;
  return {
    artifacts: [artifact],
    record: { events: [{ type: "artifact.updated", data: { artifact, append, last } }] },
  };
}

export function clampFraction(fraction: number): number {
  return Number.isFinite(fraction) ? Math.min(1, Math.max(0, fraction)) : 0;
}
