import { z } from "zod";
import { convertUnits as convert } from "../../../reference/units.ts";
import { defineTool, NoAnswer } from "../tool.ts";

/** Length, mass, temperature, volume and the like; no currencies, whose rates change. */
export const convertUnits = defineTool({
  name: "convert_units",
  description:
    "Converts an amount between units of measurement, such as miles and kilometres or °F and °C. It does not convert currencies.",
  input: z.strictObject({
    value: z.number(),
    from: z.string().min(1).max(40).describe("The unit of the value, such as miles."),
    to: z.string().min(1).max(40).describe("The unit that is wanted, such as km."),
  }),
  run({ value, from, to }) {
    const result = convert(value, from, to);
    if (!result.ok) throw new NoAnswer(`${result.reason}.`);
    return result.text;
  },
});
