/**
 * A task of another server, from its answers. They are input like any other: parsed here in the shapes of A2A 1.0, to which the client
 * converts the answers of older servers.
 */
import { z } from "zod";
import { json, jsonObject } from "../../task/json/json.ts";
import { type Part, textOf } from "../../task/part.ts";

const remotePart = z
  .object({
    text: z.string().optional(),
    raw: z.base64().optional(),
    url: z.string().max(2_048).optional(),
    data: json.optional(),
    filename: z.string().optional(),
    mediaType: z.string().optional(),
    metadata: jsonObject.optional(),
  })
  .transform(({ text, raw, url, data, filename, mediaType, metadata }): Part => {
    const common = {
      ...(filename && { name: filename.slice(0, 255) }),
      ...(mediaType && { mediaType: mediaType.slice(0, 127) }),
      ...(metadata && Object.keys(metadata).length > 0 && { metadata }),
    };
    if (raw !== undefined) return { file: { bytes: raw }, ...common };
    if (url !== undefined) return { file: { url }, ...common };
    return data === undefined ? { text: text ?? "", ...common } : { data, ...common };
  });

const remoteMessage = z.object({ parts: z.array(remotePart).max(1_000).default([]), metadata: jsonObject.optional() });

const STATES = {
  TASK_STATE_SUBMITTED: "working",
  TASK_STATE_WORKING: "working",
  TASK_STATE_INPUT_REQUIRED: "input_required",
  TASK_STATE_AUTH_REQUIRED: "auth_required",
  TASK_STATE_COMPLETED: "completed",
  TASK_STATE_CANCELED: "cancelled",
  TASK_STATE_FAILED: "failed",
  TASK_STATE_REJECTED: "rejected",
} as const;
export type RemoteState = (typeof STATES)[keyof typeof STATES];
const KNOWN_STATES: Readonly<Record<string, RemoteState>> = STATES;
const ENDS: ReadonlySet<string> = new Set(["completed", "cancelled", "failed", "rejected"]);

const remoteStatus = z.object({
  // In an unknown state it counts as working.
  state: z.string().transform((state): RemoteState => KNOWN_STATES[state] ?? "working"),
  message: remoteMessage.optional(),
});

const remoteArtifact = z.object({
  artifactId: z.string().min(1).max(128),
  name: z.string().max(255).optional().catch(undefined),
  description: z.string().max(2_000).optional().catch(undefined),
  parts: z.array(remotePart).max(1_000).default([]),
});

const remoteTask = z.object({
  id: z.string().min(1).max(1_024),
  contextId: z.string().max(1_024).default(""),
  status: remoteStatus,
  artifacts: z.array(remoteArtifact).max(1_000).default([]),
});
export type RemoteTask = z.infer<typeof remoteTask>;

const remoteAnswer = z.union([z.object({ task: remoteTask }), z.object({ message: remoteMessage })]);
export type RemoteAnswer = z.infer<typeof remoteAnswer>;

const remoteEvent = z.union([
  z.object({ task: remoteTask }),
  z.object({ statusUpdate: z.object({ taskId: z.string(), status: remoteStatus }) }),
  z.object({
    artifactUpdate: z.object({ taskId: z.string(), artifact: remoteArtifact, append: z.boolean().default(false) }),
  }),
  z.object({ message: remoteMessage }),
]);
export type RemoteEvent = z.infer<typeof remoteEvent>;

/** Each throws zod's error when the other side does not keep to the protocol. */
export const readTask = (value: unknown): RemoteTask => remoteTask.parse(value);
export const readAnswer = (value: unknown): RemoteAnswer => remoteAnswer.parse(value);
export const readEvent = (value: unknown): RemoteEvent => remoteEvent.parse(value);

/** Null for a message without a task. */
export function taskOf(event: RemoteEvent): string | null {
  if ("task" in event) return event.task.id;
  if ("statusUpdate" in event) return event.statusUpdate.taskId;
  return "artifactUpdate" in event ? event.artifactUpdate.taskId : null;
}

export function isEnded(state: string): boolean {
  return ENDS.has(state);
}

/** Whether the other side waits until somebody speaks to it. */
export function isResting(state: RemoteState): boolean {
  return state !== "working";
}

/** The text of a task's status; "" if it has none. */
export function statusText({ status }: Pick<RemoteTask, "status">): string {
  return textOf(status.message?.parts ?? []);
}
