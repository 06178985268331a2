/** Small durable settings of the folder itself, by name. */
import type { JsonObject } from "../task/json.ts";

export interface SettingStore {
  /** Null when it was never put. */
  setting(name: string): Promise<JsonObject | null>;
  /** Replaces what was under this name. */
  putSetting(name: string, value: JsonObject): Promise<void>;
}
