/**
 * The objects that every version writes alike, out of what each writes in its own way: a part, a message and the word for a
 * state.
 */
import type { JsonObject } from "../../../task/json.ts";
import type { Part } from "../../../task/part.ts";
import type { WireState } from "../vocabulary.ts";
import { timeText } from "./fields.ts";
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

/** What a message says beside its ids, its role and its parts. */
export function restOf({ metadata, extensions, referenceTaskIds }: MessageView): JsonObject {
  return {
    ...(metadata !== undefined && { metadata }),
    ...(extensions !== undefined && { extensions: [...extensions] }),
    ...(referenceTaskIds !== undefined && { referenceTaskIds: [...referenceTaskIds] }),
  };
}
