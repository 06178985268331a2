/** Numbers as text for people: times, counts, money, bytes. */

const UNITS = [
  { ms: 86_400_000, name: "d" },
  { ms: 3_600_000, name: "h" },
  { ms: 60_000, name: "min" },
  { ms: 1_000, name: "s" },
] as const;

/** At most two units: `3 d 4 h`, `5 min 2 s`, `1.2 s`, `80 ms`. */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 10_000) return `${(Math.floor(ms / 100) / 10).toFixed(1)} s`;
  const first = UNITS.findIndex((unit) => ms >= unit.ms);
  const unit = UNITS[first] ?? UNITS[3];
  const whole = Math.floor(ms / unit.ms);
  const next = UNITS[first + 1];
  const rest = next === undefined ? 0 : Math.floor((ms % unit.ms) / next.ms);
  return next === undefined || rest === 0 ? `${whole} ${unit.name}` : `${whole} ${unit.name} ${rest} ${next.name}`;
}

/** The largest unit alone, for columns. */
export function age(ms: number): string {
  const unit = UNITS.find((unit) => ms >= unit.ms);
  return unit === undefined ? "now" : `${Math.floor(ms / unit.ms)} ${unit.name}`;
}

/** With a comma at every thousand. */
export function count(n: number): string {
  return n.toLocaleString("en-US");
}

/** US dollars; amounts below ten cents with two digits that count. */
export function money(usd: number): string {
  if (usd === 0) return "$0";
  return usd < 0.1 ? `$${usd.toPrecision(2)}` : `$${usd.toFixed(2)}`;
}

/** In the largest unit of 1,024 that is not above it, up to TB. */
export function bytes(n: number): string {
  if (n < 1024) return `${n} B`;
  const names = ["KB", "MB", "GB", "TB"];
  const power = Math.min(names.length, Math.floor(Math.log2(n) / 10));
  return `${(n / 1024 ** power).toFixed(1)} ${names[power - 1] ?? ""}`;
}
