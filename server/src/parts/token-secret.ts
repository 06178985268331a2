/** The secret for signing tokens. It lies beside the tasks, so that tokens stay valid after a restart, and is part of backups. */
import { randomBytes } from "node:crypto";
import { Refusal } from "../task/errors.ts";
import type { JsonObject } from "../task/json/json.ts";

const NAME = "token-secret";
const BYTES = 32;

type Settings = {
  setting: (name: string) => Promise<JsonObject | null>;
  putSetting: (name: string, value: JsonObject) => Promise<void>;
};

/**
 * The stored secret, or a new one, also in the place of an unreadable one: its tokens are then invalid. While the store can neither be
 * read nor written, a secret of this process.
 */
export async function tokenSecretIn(settings: Settings): Promise<Buffer> {
  const made = randomBytes(BYTES);
  try {
    const known = (await readable(settings))?.["secret"];
    if (typeof known === "string") return Buffer.from(known, "base64url");
    await settings.putSetting(NAME, { secret: made.toString("base64url") });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
  return made;
}

/** The stored secret; null also if it is damaged, but not if it is out of reach for the moment. */
async function readable(settings: Settings): Promise<JsonObject | null> {
  try {
    return await settings.setting(NAME);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    return null;
  }
}
