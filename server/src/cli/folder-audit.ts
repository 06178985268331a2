/** The entry of the audit log for what a command did with a data folder, beside its server or without one. */
import type { Storage } from "../store/open.ts";
import type { JsonObject } from "../task/json/json.ts";
import { NOBODY } from "../task/visibility.ts";
import { openTerminal } from "./terminal/terminal.ts";

const COMMAND_LINE = "command-line";

/** What was done stands, also where its entry cannot be written, which a person is then told. */
export async function noteInFolder(storage: Storage, act: string, detail: JsonObject): Promise<void> {
  try {
    await storage.note({
      ...{ tenant: NOBODY, at: Date.now(), user: COMMAND_LINE, keyId: COMMAND_LINE, act },
      ...{ task: null, detail, origin: null },
    });
  } catch (error) {
    const why = error instanceof Error ? error.message : "unknown";
    openTerminal().talk.write(`The audit log does not say so: ${why}\n`);
  }
}
