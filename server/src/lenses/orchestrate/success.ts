/** How the protocol's document calls every answer that refuses nothing. */
import type { z } from "zod";
import type { AnswerDoc } from "../route.ts";

export const SUCCESS = "Successful Response";

export function success(schema: z.ZodType): AnswerDoc[] {
  return [{ status: 200, about: SUCCESS, schema }];
}
