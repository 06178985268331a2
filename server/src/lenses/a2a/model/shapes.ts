/**
 * The objects that every version writes alike, out of what each writes in its own way: a part, a message and the word for a
 * state.
 */
import type { JsonObject } from "../../../task/json/json.ts";
import type { Part } from "../../../task/part.ts";
import type { WireState } from "../vocabulary.ts";
import { roleName, timeText } from "./fields.ts";
import type { ArtifactView, EventView, MessageView, StatusView, TaskView } from "./view.ts";

type Own = {
  part: (part: Part) => JsonObject;
  message: (message: MessageView) => JsonObject;
  state: (state: WireState) => string;
};

type StatusUpdate = Extract<EventView, { statusUpdate: unknown }>["statusUpdate"];
type ArtifactUpdate = Extract<EventView, { artifactUpdate: unknown }>["artifactUpdate"];

export function shapesOf(own: Own) {
  function artifact({ artifactId, name, description, parts, metadata, extensions }: ArtifactView): JsonObject {
    return {
      artifactId,
      ...(name !== undefined && { name }),
      ...(description !== undefined && { description }),
      parts: parts.map(own.part),
      ...(metadata !== undefined && { metadata }),
      ...(extensions !== undefined && { extensions: [...extensions] }),
    };
  }

  function status({ state, message, at }: StatusView): JsonObject {
    return {
      state: own.state(state),
      ...(message !== undefined && { message: own.message(message) }),
      timestamp: timeText(at),
    };
  }

  return {
    task: ({ id, contextId, status: now, artifacts, history, metadata }: TaskView): JsonObject => ({
      id,
      contextId,
      status: status(now),
      ...(artifacts !== undefined && { artifacts: artifacts.map(artifact) }),
      ...(history !== undefined && { history: history.map(own.message) }),
      ...(metadata !== undefined && { metadata }),
    }),
    /** 1.0 has no `final`. */
    statusUpdate: ({ taskId, contextId, status: now, metadata }: StatusUpdate, final?: boolean): JsonObject => ({
      taskId,
      contextId,
      status: status(now),
      ...(final !== undefined && { final }),
      ...(metadata !== undefined && { metadata }),
    }),
    artifactUpdate: ({ artifact: changed, metadata, ...update }: ArtifactUpdate): JsonObject => ({
      taskId: update.taskId,
      contextId: update.contextId,
      artifact: artifact(changed),
      append: update.append,
      lastChunk: update.lastChunk,
      ...(metadata !== undefined && { metadata }),
    }),
  };
}

/** A message as the proto files of both versions write it, but for its parts. */
export function plainMessage(said: MessageView, parts: JsonObject): JsonObject {
  const { messageId, contextId, taskId, role } = said;
  return {
    messageId,
    ...(contextId !== undefined && { contextId }),
    ...(taskId !== undefined && { taskId }),
    role: roleName(role),
    ...parts,
    ...restOf(said),
  };
}

/** An item of a stream as those files write it: in an envelope that says what it is. `hasFinal` is of 0.3. */
export function enveloped(
  { task, statusUpdate, artifactUpdate }: ReturnType<typeof shapesOf>,
  message: (message: MessageView) => JsonObject,
  hasFinal: boolean,
): (event: EventView) => JsonObject {
  return (event) => {
    if ("task" in event) return { task: task(event.task) };
    if ("message" in event) return { message: message(event.message) };
    if ("artifactUpdate" in event) return { artifactUpdate: artifactUpdate(event.artifactUpdate) };
    const { statusUpdate: update } = event;
    return { statusUpdate: statusUpdate(update, hasFinal ? update.final : undefined) };
  };
}

/** What a message says beside its ids, its role and its parts. */
export function restOf({ metadata, extensions, referenceTaskIds }: MessageView): JsonObject {
  return {
    ...(metadata !== undefined && { metadata }),
    ...(extensions !== undefined && { extensions: [...extensions] }),
    ...(referenceTaskIds !== undefined && { referenceTaskIds: [...referenceTaskIds] }),
  };
}
