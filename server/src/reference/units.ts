/**
 * Units of measure and their conversion. A unit is a factor to the base unit of its dimension, temperatures an offset
 * too. Names are English, singular or plural, or symbols; symbols keep their case where it tells units apart.
 */

export type Conversion =
  | { ok: true; value: number; from: string; to: string; text: string }
  | { ok: false; reason: string };

/** Converts an amount between two units of one dimension. */
export function convertUnits(value: number, from: string, to: string): Conversion {
  const source = findUnit(from);
  const target = findUnit(to);
  if (source === undefined) return { ok: false, reason: `I do not know the unit ${from.slice(0, 40)}` };
  if (target === undefined) return { ok: false, reason: `I do not know the unit ${to.slice(0, 40)}` };
  if (source.dimension !== target.dimension) {
    return {
      ok: false,
      reason: `${source.plural} measure ${source.dimension} and ${target.plural} measure ${target.dimension}`,
    };
  }
  if (!Number.isFinite(value)) return { ok: false, reason: "the amount is not a number" };
  const converted = (value * source.factor + source.offset - target.offset) / target.factor;
  // An offset cancels all but the last digits of a double: 32 °F is 0 °C, not 5.7e-14.
  const result = Number((source.offset === target.offset ? converted : Number(converted.toFixed(9))).toPrecision(12));
  return {
    ok: true,
    value: result,
    from: source.plural,
    to: target.plural,
    text: `${amount(value, source)} ${value === 1 ? "is" : "are"} ${amount(result, target)}`,
  };
}

const unitCharsMax = 40;

type Unit = { dimension: string; factor: number; offset: number; singular: string; plural: string };

/** The unit of that name or symbol, whatever its number. */
export function findUnit(name: string): Unit | undefined {
  if (name.length > unitCharsMax) return undefined;
  const exact = name
    .trim()
    .replace(/^(?:degrees?|deg\.?)\s+/i, "")
    .replace(/\s+/g, " ");
  return bySymbol.get(exact) ?? byName.get(exact.toLowerCase().replace(/\.$/, ""));
}

function amount(value: number, unit: Unit): string {
  const digits =
    Math.abs(value) >= 1e15 || (value !== 0 && Math.abs(value) < 1e-6)
      ? String(value)
      : value.toLocaleString("en-US", { maximumSignificantDigits: 12 });
  return `${digits} ${value === 1 ? unit.singular : unit.plural}`;
}

const bySymbol = new Map<string, Unit>();
const byName = new Map<string, Unit>();

/** One line is one unit: factor to the base unit, "singular|plural|more names", "symbols that keep their case". */
function dimension(
  name: string,
  lines: readonly (readonly [factor: number, names: string, symbols?: string, offset?: number])[],
): void {
  for (const [factor, names, symbols = "", offset = 0] of lines) {
    const [singular = "", plural = singular, ...others] = names.split("|");
    const unit: Unit = { dimension: name, factor, offset, singular, plural };
    for (const known of [singular, plural, ...others]) byName.set(known.toLowerCase(), unit);
    for (const symbol of symbols.split(" ").filter((known) => known !== "")) {
      bySymbol.set(symbol, unit);
      if (!byName.has(symbol.toLowerCase())) byName.set(symbol.toLowerCase(), unit);
    }
  }
}

const inch = 0.0254;
const foot = 12 * inch;
const mile = 5280 * foot;
const pound = 0.45359237;
const gallon = 3.785411784;
const imperialGallon = 4.54609;
const second = 1;
const day = 86_400;
const year = 365.2425 * day;
const gravity = 9.80665;

dimension("length", [
  [1, "metre|metres|meter|meters", "m"],
  [1e3, "kilometre|kilometres|kilometer|kilometers|kms", "km"],
  [1e-1, "decimetre|decimetres|decimeter|decimeters", "dm"],
  [1e-2, "centimetre|centimetres|centimeter|centimeters|cms", "cm"],
  [1e-3, "millimetre|millimetres|millimeter|millimeters", "mm"],
  [1e-6, "micrometre|micrometres|micrometer|micrometers|micron|microns", "µm um"],
  [1e-9, "nanometre|nanometres|nanometer|nanometers", "nm"],
  [inch, "inch|inches", "in"],
  [foot, "foot|feet", "ft"],
  [3 * foot, "yard|yards", "yd"],
  [mile, "mile|miles", "mi"],
  [1852, "nautical mile|nautical miles", "nmi"],
  [6 * foot, "fathom|fathoms"],
  [220 * 3 * foot, "furlong|furlongs"],
  [149_597_870_700, "astronomical unit|astronomical units", "au"],
  [9_460_730_472_580_800, "light-year|light-years|light year|light years", "ly"],
  [30_856_775_814_913_670, "parsec|parsecs", "pc"],
]);
dimension("mass", [
  [1, "kilogram|kilograms|kilo|kilos|kilogramme|kilogrammes|kgs", "kg"],
  [1e-3, "gram|grams|gramme|grammes", "g"],
  [1e-6, "milligram|milligrams", "mg"],
  [1e-9, "microgram|micrograms", "µg ug"],
  [1e3, "tonne|tonnes|metric ton|metric tons", "t"],
  [pound, "pound|pounds", "lb lbs"],
  [pound / 16, "ounce|ounces", "oz"],
  [14 * pound, "stone|stones"],
  [2000 * pound, "US ton|US tons|short ton|short tons|ton|tons"],
  [2240 * pound, "long ton|long tons|imperial ton|imperial tons"],
  [2e-4, "carat|carats", "ct"],
  [6.479891e-5, "grain|grains"],
]);
dimension("temperature", [
  [1, "kelvin|kelvins", "K"],
  [1, "degree Celsius|degrees Celsius|celsius|centigrade", "°C C", 273.15],
  [5 / 9, "degree Fahrenheit|degrees Fahrenheit|fahrenheit", "°F F", 459.67 * (5 / 9)],
  [5 / 9, "degree Rankine|degrees Rankine|rankine", "°R"],
]);
dimension("volume", [
  [1, "litre|litres|liter|liters", "L l"],
  [1e-3, "millilitre|millilitres|milliliter|milliliters", "mL ml"],
  [1e-2, "centilitre|centilitres|centiliter|centiliters", "cl"],
  [1e-1, "decilitre|decilitres|deciliter|deciliters", "dl"],
  [1e2, "hectolitre|hectolitres|hectoliter|hectoliters", "hl"],
  [1e3, "cubic metre|cubic metres|cubic meter|cubic meters", "m3 m³ m^3"],
  [1e-3, "cubic centimetre|cubic centimetres|cubic centimeter|cubic centimeters|cc", "cm3 cm³ cm^3"],
  [(foot * 10) ** 3, "cubic foot|cubic feet", "ft3 ft³ ft^3"],
  [(inch * 10) ** 3, "cubic inch|cubic inches", "in3 in³ in^3"],
  [gallon, "gallon|gallons|US gallon|US gallons", "gal"],
  [gallon / 4, "quart|quarts", "qt"],
  [gallon / 8, "pint|pints|US pint|US pints", "pt"],
  [gallon / 16, "cup|cups"],
  [gallon / 128, "fluid ounce|fluid ounces", "floz"],
  [gallon / 256, "tablespoon|tablespoons", "tbsp"],
  [gallon / 768, "teaspoon|teaspoons", "tsp"],
  [imperialGallon, "imperial gallon|imperial gallons|UK gallon|UK gallons"],
  [imperialGallon / 8, "imperial pint|imperial pints|UK pint|UK pints"],
  [158.987294928, "barrel|barrels", "bbl"],
]);
dimension("area", [
  [1, "square metre|square metres|square meter|square meters|sq m|sqm", "m2 m² m^2"],
  [1e6, "square kilometre|square kilometres|square kilometer|square kilometers|sq km", "km2 km² km^2"],
  [1e-4, "square centimetre|square centimetres|square centimeter|square centimeters|sq cm", "cm2 cm² cm^2"],
  [1e4, "hectare|hectares", "ha"],
  [43_560 * foot ** 2, "acre|acres", "ac"],
  [foot ** 2, "square foot|square feet|sq ft|sqft", "ft2 ft² ft^2"],
  [inch ** 2, "square inch|square inches|sq in", "in2 in² in^2"],
  [9 * foot ** 2, "square yard|square yards|sq yd", "yd2 yd² yd^2"],
  [mile ** 2, "square mile|square miles|sq mi", "mi2 mi² mi^2"],
]);
dimension("speed", [
  [1, "metre per second|metres per second|meter per second|meters per second", "m/s mps"],
  [1 / 3.6, "kilometre per hour|kilometres per hour|kilometer per hour|kilometers per hour|kmh|kph", "km/h"],
  [mile / 3600, "mile per hour|miles per hour", "mph mi/h"],
  [foot, "foot per second|feet per second", "ft/s fps"],
  [1852 / 3600, "knot|knots", "kn kt"],
  [299_792_458, "times the speed of light|times the speed of light|speed of light"],
]);
dimension("time", [
  [second, "second|seconds|secs|sec", "s"],
  [1e-3, "millisecond|milliseconds", "ms"],
  [1e-6, "microsecond|microseconds", "µs us"],
  [1e-9, "nanosecond|nanoseconds", "ns"],
  [60, "minute|minutes|mins", "min"],
  [3600, "hour|hours|hrs|hr", "h"],
  [day, "day|days", "d"],
  [7 * day, "week|weeks", "wk"],
  [14 * day, "fortnight|fortnights"],
  [year / 12, "month|months"],
  [year, "year|years|yrs", "yr"],
  [10 * year, "decade|decades"],
  [100 * year, "century|centuries"],
]);
dimension("data", [
  [1, "byte|bytes", "B"],
  [1 / 8, "bit|bits", "b"],
  ...(["kilo", "mega", "giga", "tera", "peta"] as const).flatMap((prefix, index) => {
    const [short, decimal, binary] = [prefix.slice(0, 1).toUpperCase(), 1000 ** (index + 1), 1024 ** (index + 1)];
    const half = prefix.slice(0, 2);
    return [
      [decimal, `${prefix}byte|${prefix}bytes`, short === "K" ? "kB KB" : `${short}B`] as const,
      [decimal / 8, `${prefix}bit|${prefix}bits`, short === "K" ? "kbit Kb" : `${short}bit ${short}b`] as const,
      [binary, `${half}bibyte|${half}bibytes`, `${short}iB`] as const,
    ];
  }),
]);
dimension("energy", [
  [1, "joule|joules", "J"],
  [1e3, "kilojoule|kilojoules", "kJ"],
  [1e6, "megajoule|megajoules", "MJ"],
  [4.184, "calorie|calories", "cal"],
  [4184, "kilocalorie|kilocalories|food calorie|food calories", "kcal"],
  [3600, "watt hour|watt hours|watt-hour|watt-hours", "Wh"],
  [3.6e6, "kilowatt hour|kilowatt hours|kilowatt-hour|kilowatt-hours", "kWh"],
  [1055.05585262, "British thermal unit|British thermal units", "BTU"],
  [1.602176634e-19, "electronvolt|electronvolts", "eV"],
]);
dimension("power", [
  [1, "watt|watts", "W"],
  [1e3, "kilowatt|kilowatts", "kW"],
  [1e6, "megawatt|megawatts", "MW"],
  [745.6998715822702, "horsepower|horsepower", "hp"],
]);
dimension("pressure", [
  [1, "pascal|pascals", "Pa"],
  [100, "hectopascal|hectopascals", "hPa"],
  [1e3, "kilopascal|kilopascals", "kPa"],
  [1e6, "megapascal|megapascals", "MPa"],
  [1e5, "bar|bars"],
  [100, "millibar|millibars", "mbar"],
  [101_325, "atmosphere|atmospheres", "atm"],
  [101_325 / 760, "torr|torr|millimetre of mercury|millimetres of mercury", "mmHg"],
  [(pound * gravity) / inch ** 2, "pound per square inch|pounds per square inch", "psi"],
]);
dimension("force", [
  [1, "newton|newtons", "N"],
  [1e3, "kilonewton|kilonewtons", "kN"],
  [pound * gravity, "pound of force|pounds of force|pound-force", "lbf"],
]);
dimension("angle", [
  [1, "degree|degrees", "°"],
  [180 / Math.PI, "radian|radians", "rad"],
  [360, "turn|turns"],
]);
