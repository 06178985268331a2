/**
 * All that callers may do, and all that lenses are handed. Every verb is bound to a principal; what that principal may
 * not see is `not_found`. Refusals are thrown as `Refusal`. What a verb acknowledged is on disk.
 */
import type { Conversations } from "./conversations.ts";
import type { Keys } from "./keys.ts";
import type { Tasks } from "./tasks.ts";
import type { Work } from "./work.ts";

export type Verbs = { tasks: Tasks; work: Work; conversations: Conversations; keys: Keys };
