/** What programs say that do work of kind `external`. */
import { z } from "zod";
import { givenName } from "../../task/submission.ts";
import { anyJson } from "./schema.ts";

const lease = z.int().min(1_000).max(3_600_000).default(60_000);
const holder = { worker: givenName, attempt: z.int().min(1).describe("As the claim gave it.") };
export const claimBody = z
  .strictObject({
    worker: givenName,
    queue: givenName.default("default").describe("As `input.queue` of the tasks names it."),
    max: z.int().min(1).max(100).default(1),
    lease_ms: lease,
    wait_ms: z.int().min(0).max(60_000).default(0).describe("How long to wait for the first task."),
  })
  .meta({ example: { worker: "worker-1", queue: "default", wait_ms: 30_000 } });
export const heartbeatBody = z.strictObject({
  ...holder,
  lease_ms: lease,
  progress: z
    .strictObject({ fraction: z.number().min(0).max(1), message: z.string().max(2_000).default("") })
    .optional(),
});
export const completeBody = z.strictObject({ ...holder, output: anyJson });
export const failBody = z.strictObject({
  ...holder,
  error: z.strictObject({ code: z.string().min(1).max(64), message: z.string().max(10_000) }),
  retryable: z.boolean().default(false),
});
