/** What the native wire says of erasures. */
import { z } from "zod";
import { ERASURE_STATES, type Erasure, type ErasureSubject } from "../../task/erasure.ts";
import { givenName } from "../../task/submission.ts";
import { PAGE_LIMIT_MAX } from "../../task/task-filter.ts";
import { named } from "../openapi.ts";
import { count, limit, time } from "./schema.ts";
import { wireTime } from "./translate.ts";

export const erasureBody = z
  .strictObject({
    user: givenName.optional().describe("All of this user of the tenant; takes the scope `admin`."),
    conversation: z.uuid().optional().describe("All of this conversation, whoever has tasks in it."),
  })
  .transform(({ user, conversation }, context): ErasureSubject => {
    if (user !== undefined && conversation === undefined) return { type: "user", id: user };
    if (conversation !== undefined && user === undefined) return { type: "conversation", id: conversation };
    context.addIssue({ code: "custom", message: "Either a user or a conversation is erased: name one of them." });
    return z.NEVER;
  })
  .meta({ example: { conversation: "0199a3f2-5c1e-7d30-9b1a-2f6d0c7e4a11" } });

export const erasureQuery = z.strictObject({ limit: limit(PAGE_LIMIT_MAX, 50) });

export const erasure = z.strictObject({
  id: z.string(),
  state: z.enum(ERASURE_STATES),
  user: z.string().nullable().describe("Once it is completed, the pseudonym that stands for the user in what is kept."),
  conversation: z.string().nullable(),
  requested_by: z.string(),
  requested_at: time,
  completed_at: time.nullable(),
  removed: z.record(z.string(), count).describe("How many of each kind of thing are gone so far."),
  kept: z.array(z.string()).describe("What stays, and why, in sentences."),
  backups: z
    .array(z.strictObject({ id: z.string(), made_at: time, path: z.string(), encrypted: z.boolean() }))
    .describe("Backups that this store made since the oldest of what is gone, and that still hold it."),
});
named(erasure, "Erasure");

export function wireErasure(of: Erasure): z.input<typeof erasure> {
  const { id, state, subject, requestedBy, requestedAt, endedAt, removed, kept, backups } = of;
  return {
    ...{ id, state, removed, kept },
    user: subject.type === "user" ? subject.id : null,
    conversation: subject.type === "conversation" ? subject.id : null,
    requested_by: requestedBy,
    requested_at: wireTime(requestedAt),
    completed_at: endedAt === null ? null : wireTime(endedAt),
    backups: backups.map(({ madeAt, ...backup }) => ({ ...backup, made_at: wireTime(madeAt) })),
  };
}
