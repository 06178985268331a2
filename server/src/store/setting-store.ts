/**
 * Small durable settings of the data itself, by name. What a process keeps of itself it keeps under a name that no other
 * process uses: `process:<its name>`.
 */
import type { JsonObject } from "../task/json/json.ts";

export interface SettingStore {
  /** Null when it was never put. */
  setting(name: string): Promise<JsonObject | null>;
  /** Replaces what was under this name. */
  putSetting(name: string, value: JsonObject): Promise<void>;
}
