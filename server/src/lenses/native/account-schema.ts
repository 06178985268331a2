/** What the native wire says of who calls: keys and their owners. */
import { z } from "zod";
import { modelList } from "../../task/allowed-models.ts";
import { SCOPES } from "../../task/principal.ts";
import { givenName } from "../../task/submission.ts";
import { named } from "../openapi.ts";
import { moment, time } from "./schema.ts";

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
  hint: z.string().describe("The secret's last four characters."),
  created_at: time,
  expires_at: time.nullable(),
  revoked_at: time.nullable(),
});
named(key, "Key");
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
  })
  .meta({ example: { name: "ci", scopes: ["tasks"] } });

export const caller = z.strictObject({
  tenant: z.string(),
  user: z.string(),
  scopes: z.array(z.enum(SCOPES)),
  key_id: z.string(),
  models: z.array(z.string()).nullable().describe("The language models that its key may ask; null is any."),
});
named(caller, "Caller");
