/**
 * The secret that tokens are signed with. It lies beside the tasks, so that a token is good after a restart, and goes
 * into backups with them.
 */
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
 * The one that is there, or a new one, also in the place of one that cannot be read: its tokens are good no longer. Where
 * nothing can be written or read at the moment, it is that of this process alone.
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

/** What is there; null also where it is damaged, and not only out of reach. */
async function readable(settings: Settings): Promise<JsonObject | null> {
  try {
    return await settings.setting(NAME);
  } catch (error) {
    if (error instanceof Refusal) throw error;
    return null;
  }
}
