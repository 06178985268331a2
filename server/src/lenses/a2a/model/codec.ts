/**
 * The words of one version and binding: how a request is read, and how what is shown is written. Three of them serve four
 * dialects, since 1.0 says the same over JSON-RPC and over HTTP.
 */
import type { z } from "zod";
import type { JsonObject } from "../../../task/json/json.ts";
import type { Version } from "../vocabulary.ts";
import type { Commands } from "./command.ts";
import type { EventView, PushConfigView, SentView, TaskListView, TaskView } from "./view.ts";

export type Codec = {
  version: Version;
  /** Parameters of JSON-RPC; of HTTP what stands in path, query and body, together. */
  read: { readonly [Name in keyof Commands]: z.ZodType<Commands[Name]> };
  write: {
    task: (task: TaskView) => JsonObject;
    sent: (sent: SentView) => JsonObject;
    event: (event: EventView) => JsonObject;
    list: (list: TaskListView) => JsonObject;
    pushConfig: (config: PushConfigView) => JsonObject;
    pushConfigs: (configs: readonly PushConfigView[], nextPageToken: string) => JsonObject | JsonObject[];
    /** What the deletion of a configuration is answered with. */
    pushDeleted: JsonObject | null;
  };
};
