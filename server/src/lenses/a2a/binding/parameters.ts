/** What the routes of both bindings have in common. */
import { z } from "zod";
import { isName, type PathParam } from "../../route.ts";
import { isBase } from "../paths.ts";

export const BODY_BYTES_MAX = 10 << 20;

/** The first part of every path, as `canonicalPath` writes it: an agent, a version that the base is pinned to, a tenant. */
export const BASE_PARAM: Readonly<Record<"base", PathParam>> = {
  base: {
    about: "An agent's slug or id; of the default agent it is left out. `/1.0`, `/0.3` and a tenant may follow.",
    is: isBase,
  },
};

export const ID_PARAM: PathParam = { about: "An id.", is: isName };

/** Of what came as JSON: what is in it is for the schema of its operation to read. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Every parameter is let through: what nobody knows is ignored. */
export const anyParameters = z.record(z.string(), z.unknown());
