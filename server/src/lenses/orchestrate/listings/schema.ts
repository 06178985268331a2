/** What stands beside agents in lists that clients read before they do anything with one. */
import { z } from "zod";
import { named } from "../../openapi.ts";
import { repeated } from "../pydantic.ts";

const anything = z.record(z.string(), z.unknown());

export const listQuery = z.looseObject({ names: repeated, ids: repeated });

/** Any query, of which these parameters ask for one of the list. */
export function listOf(by: readonly string[]) {
  const one = z.unknown().meta({ wire: { type: "string" } });
  return z.looseObject(Object.fromEntries(by.map((name) => [name, one.optional()])));
}

export const tool = named(
  z.object({
    id: z.string(),
    name: z.string(),
    display_name: z.string(),
    description: z.string(),
    permission: z.enum(["read_only", "write_only", "read_write", "admin"]),
    input_schema: anything,
    output_schema: anything,
    binding: anything,
    toolkit_id: z.string().nullable(),
    is_async: z.boolean(),
  }),
  "Tool",
);
export type ToolOut = z.output<typeof tool>;

/** Of what this server has none: lists of it are empty. */
export const nothing = z.array(z.never());
