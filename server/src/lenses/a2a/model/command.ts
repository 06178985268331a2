/** What a client of either version asks for, once it is read. */
import type { JsonObject } from "../../../task/json/json.ts";
import type { WireState } from "../vocabulary.ts";
import type { MessageView } from "./view.ts";

/** Names a tenant of the server's, as the path of 1.0 may. */
type Tenanted = { tenant?: string | undefined };

export type PushConfigWanted = {
  /** Made by the server when absent. */
  id?: string | undefined;
  url: string;
  token?: string | undefined;
  authentication?: { scheme: string; credentials?: string | undefined } | undefined;
};

export type SendCommand = Tenanted & {
  message: MessageView;
  /** Media types that the client can take; none named takes all. */
  outputModes: readonly string[];
  push: PushConfigWanted | null;
  /** How many messages of the history the answer has; null for all of it. */
  historyLength: number | null;
  /** The answer waits for the task's end, or for its question. */
  waits: boolean;
  metadata: JsonObject | null;
};

type GetCommand = Tenanted & { id: string; historyLength: number | null };

export type ListCommand = Tenanted & {
  contextId: string | null;
  state: WireState | null;
  pageSize: number;
  pageToken: string;
  historyLength: number | null;
  /** Unix milliseconds, inclusive. */
  changedFrom: number | null;
  includeArtifacts: boolean;
};

type CancelCommand = Tenanted & { id: string; metadata: JsonObject | null };
type SubscribeCommand = Tenanted & { id: string };
type CardCommand = Tenanted;

type PushCreateCommand = Tenanted & { taskId: string; config: PushConfigWanted };
/** Without an id, 0.3 means the only one, or the first. */
type PushGetCommand = Tenanted & { taskId: string; id: string | null };
type PushListCommand = Tenanted & { taskId: string; pageSize: number | null; pageToken: string };
type PushDeleteCommand = Tenanted & { taskId: string; id: string };

/** What each operation is asked with. */
export type Commands = {
  send: SendCommand;
  stream: SendCommand;
  get: GetCommand;
  list: ListCommand;
  cancel: CancelCommand;
  subscribe: SubscribeCommand;
  pushCreate: PushCreateCommand;
  pushGet: PushGetCommand;
  pushList: PushListCommand;
  pushDelete: PushDeleteCommand;
  card: CardCommand;
};
export type OperationName = keyof Commands;
