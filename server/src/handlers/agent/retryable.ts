import { z } from "zod";

const marked = z.looseObject({ retryable: z.boolean() });

/** Whether trying again may help: as the error says, and yes if it says nothing. */
export function retryableOf(error: unknown): boolean {
  const said = marked.safeParse(error);
  return said.success ? said.data.retryable : true;
}
