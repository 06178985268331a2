/** What is asked of the writer, and what it answers. */
import type { PreparedAudit, PreparedKey, PreparedMessage, PreparedWrite } from "../codec/prepared.ts";

/** One request is one promise of a caller: all of it is committed, or none. */
export type Request =
  | { do: "apply"; writes: PreparedWrite[] }
  | { do: "appendMessage"; conversation: string; message: PreparedMessage; files: string[]; at: number }
  | { do: "renameConversation"; id: string; title: string; at: number }
  | { do: "deleteConversation"; id: string; at: number }
  | { do: "putKey"; key: PreparedKey; audit: PreparedAudit }
  | { do: "putSetting"; name: string; value: string }
  | { do: "sweep"; endedBefore: number; idempotencyBefore: number; limit: number }
  /** Adds tasks to the search index, oldest first; answers how many. */
  | { do: "index"; limit: number };

/** What the writer says to each: the answer, or why it could not. */
export type Answer = { answer: unknown } | { error: { code: string; message: string } };
