import { describe, expect, it } from "vitest";
import { convertUnits } from "./units.ts";

describe("a conversion", () => {
  it.each([
    [5, "miles", "km", "5 miles are 8.04672 kilometres"],
    [1, "mile", "feet", "1 mile is 5,280 feet"],
    [32, "°F", "celsius", "32 degrees Fahrenheit are 0 degrees Celsius"],
    [-40, "C", "F", "-40 degrees Celsius are -40 degrees Fahrenheit"],
    [0, "K", "°C", "0 kelvins are -273.15 degrees Celsius"],
    [3, "GB", "MB", "3 gigabytes are 3,000 megabytes"],
    [1, "GiB", "MiB", "1 gibibyte is 1,024 mebibytes"],
    [8, "Mb", "MB", "8 megabits are 1 megabyte"],
    [1, "hour", "seconds", "1 hour is 3,600 seconds"],
    [1, "atm", "kPa", "1 atmosphere is 101.325 kilopascals"],
    [36, "km/h", "m/s", "36 kilometres per hour are 10 metres per second"],
    [1, "hectare", "square metres", "1 hectare is 10,000 square metres"],
    [1, "kWh", "MJ", "1 kilowatt hour is 3.6 megajoules"],
    [16, "ounces", "pounds", "16 ounces are 1 pound"],
  ])("of %d %s to %s", (value, from, to, text) => {
    expect(convertUnits(value, from, to)).toMatchObject({ ok: true, text });
  });

  it("is refused between dimensions and for unknown units, with the reason", () => {
    expect(convertUnits(1, "mile", "kg")).toEqual({
      ok: false,
      reason: "miles measure length and kilograms measure mass",
    });
    expect(convertUnits(1, "smoot", "m")).toMatchObject({ ok: false, reason: expect.stringContaining("smoot") });
    expect(convertUnits(Number.NaN, "m", "km").ok).toBe(false);
  });
});
