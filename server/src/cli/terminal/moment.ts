/** A time of the API as a person reads it: local, to the second. */
export function moment(iso: string): string {
  return new Date(iso).toLocaleString("sv-SE");
}
