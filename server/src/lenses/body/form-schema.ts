/** The schema of a form, for a route that `reads` one: its checked fields, and its part in the document. */
import { Readable } from "node:stream";
import { z } from "zod";
import { nested } from "../deep-object.ts";
import { schemaOf } from "../openapi.ts";
import { Form, UnreadForm } from "./form.ts";

/**
 * Fields are text; `metadata[key]` is a member of an object, and a repeated name makes a list. `files` describes each file, by the name
 * of its field. The route itself checks which files are there.
 */
export function formOf<Fields>(
  fields: z.ZodObject<z.core.$ZodLooseShape> & z.ZodType<Fields>,
  files: Readonly<Record<string, string>>,
): z.ZodType<Form<Fields>> {
  const shown = Object.entries(files).map(([name, about]) => [name, binary(about)] as const);
  const wire = schemaOf(fields.extend(Object.fromEntries(shown)), "input", "3.0.3");
  return z
    .instanceof(UnreadForm)
    .transform((unread) => new Form<Fields>(unread, fields, (values) => nested(Array.from(listed(values)))))
    .meta({ wire });
}

/** A form, or in its place the bytes of one file as they come: for a route that reads a `form or bytes`. */
export function formOrBytesOf<Fields>(
  ...[fields, files]: Parameters<typeof formOf<Fields>>
): z.ZodType<Form<Fields> | Readable> {
  const form = formOf(fields, files);
  return z.union([form, z.instanceof(Readable)]).meta({ wire: form.meta()?.["wire"] });
}

function binary(about: string): z.ZodType {
  return z
    .unknown()
    .optional()
    .meta({ wire: { type: "string", format: "binary" }, description: about });
}

function listed(values: readonly (readonly [string, string])[]): Map<string, string | string[]> {
  const byName = new Map<string, string | string[]>();
  for (const [name, value] of values) {
    const before = byName.get(name);
    byName.set(name, before === undefined ? value : [before, value].flat());
  }
  return byName;
}
