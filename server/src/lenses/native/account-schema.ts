/** What the native wire says of who calls: keys and their owners. */
import { z } from "zod";
import { modelList } from "../../task/agent/allowed-models.ts";
import { SCOPES } from "../../task/principal.ts";
import { givenName } from "../../task/submission.ts";
import { named } from "../openapi.ts";
import { limit, moment, pageQuery, time } from "./schema.ts";

const DAY_MS = 86_400_000;
const OVERLAP_MS = DAY_MS;
const OVERLAP_MS_MAX = 30 * DAY_MS;
/** Keys of a page. */
const KEYS_LIMIT_MAX = 1_000;

export const key = z.strictObject({
  id: z.string(),
  name: z.string(),
  user: z.string(),
  scopes: z.array(z.enum(SCOPES)),
  groups: z.array(z.string()).describe("What its user belongs to: whose work that is too."),
  roles: z.array(z.string()),
  tier: z.string().nullable().describe("How large its share of the server is, where the deployment tells tiers apart."),
  models: z
    .array(z.string())
    .nullable()
    .describe("The language models that it may ask, as provider:model, where a name may end in *; null is any."),
  above: z
    .array(z.string())
    .describe(
      "The keys that it was made below, from the top: it ends with each of them, and draws from the first one's share.",
    ),
  hint: z.string().describe("The secret's last four characters."),
  created_at: time,
  expires_at: time.nullable(),
  revoked_at: time.nullable(),
  rotated_at: time.nullable().describe("When it got this secret in the place of another."),
  former_until: time.nullable().describe("Until when that other secret goes on."),
  used_at: time.nullable().describe("When it was last let in, to the minute."),
  used_from: z.string().nullable().describe("From which address; of version 6, the network."),
});
named(key, "Key");
export const keysQuery = z.strictObject({ ...pageQuery.shape, limit: limit(KEYS_LIMIT_MAX, 100) });
export const createdKey = z.strictObject({ ...key.shape, secret: z.string().describe("Shown this once.") });
named(createdKey, "CreatedKey");
export const keyBody = z
  .strictObject({
    name: z.string().min(1).max(100),
    user: givenName.optional(),
    scopes: z.array(z.enum(SCOPES)).min(1).max(SCOPES.length).optional(),
    groups: z.array(givenName).max(100).default([]).describe("What its user belongs to: whose work that is too."),
    roles: z.array(givenName).max(100).default([]),
    models: modelList
      .optional()
      .describe(
        "The language models that it may ask, as provider:model, where a name may end in *; those of your own key when absent.",
      ),
    expires_at: moment.optional(),
    child: z.boolean().optional().describe("Below your own key: it ends with that, and takes no scope `admin`."),
  })
  .meta({ example: { name: "ci", scopes: ["tasks"] } });

export const rotateBody = z
  .strictObject({
    overlap_ms: z
      .int()
      .min(0)
      .max(OVERLAP_MS_MAX)
      .default(OVERLAP_MS)
      .describe("How long the secret of now goes on: 0 where others may know it. At most 30 days."),
  })
  .meta({ example: { overlap_ms: 3_600_000 } });
export const revokeBody = z.strictObject({ user: givenName }).meta({ example: { user: "ada" } });
export const revokedKeys = z.strictObject({
  user: z.string(),
  revoked: z.int().describe("Keys that have ended by it, with those below them."),
});
named(revokedKeys, "RevokedKeys");

export const caller = z.strictObject({
  tenant: z.string(),
  user: z.string(),
  scopes: z.array(z.enum(SCOPES)),
  key_id: z.string(),
  models: z.array(z.string()).nullable().describe("The language models that its key may ask; null is any."),
});
named(caller, "Caller");
