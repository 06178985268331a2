/**
 * What a client of either version is shown, before it is written in the words of one: the protocol's own objects, with the
 * parts as the core has them. No file in them is one of ours any more: it is bytes, or an address.
 */
import type { JsonObject } from "../../../task/json/json.ts";
import type { Part } from "../../../task/part.ts";
import type { Role, WireState } from "../vocabulary.ts";

export type MessageView = {
  messageId: string;
  contextId?: string | undefined;
  taskId?: string | undefined;
  role: Role;
  parts: readonly Part[];
  metadata?: JsonObject | undefined;
  extensions?: readonly string[] | undefined;
  referenceTaskIds?: readonly string[] | undefined;
};

export type ArtifactView = {
  artifactId: string;
  name?: string | undefined;
  description?: string | undefined;
  parts: readonly Part[];
  metadata?: JsonObject | undefined;
  extensions?: readonly string[] | undefined;
};

export type StatusView = {
  state: WireState;
  message?: MessageView | undefined;
  /** Unix milliseconds. */
  at: number;
};

export type TaskView = {
  id: string;
  contextId: string;
  status: StatusView;
  /** Absent where they were not asked for. */
  artifacts?: readonly ArtifactView[] | undefined;
  /** Oldest first; absent where none was asked for. */
  history?: readonly MessageView[] | undefined;
  metadata?: JsonObject | undefined;
};

/** What a client is told of a message that it has sent. */
export type SentView = { task: TaskView } | { message: MessageView };

/** One item of a stream, and the body of a notification. */
export type EventView =
  | SentView
  | {
      statusUpdate: {
        taskId: string;
        contextId: string;
        status: StatusView;
        /** 0.3: the stream ends behind it. */
        final: boolean;
        metadata?: JsonObject | undefined;
      };
    }
  | {
      artifactUpdate: {
        taskId: string;
        contextId: string;
        artifact: ArtifactView;
        /** Its parts come behind those that the artifact has. */
        append: boolean;
        lastChunk: boolean;
        metadata?: JsonObject | undefined;
      };
    };

/** A page of tasks. */
export type TaskListView = { tasks: readonly TaskView[]; nextPageToken: string; pageSize: number; totalSize: number };

/** Where to push what happens to a task. */
export type PushConfigView = {
  id: string;
  taskId: string;
  url: string;
  token?: string | undefined;
  authentication?: { scheme: string; credentials?: string | undefined } | undefined;
};
