/** What must never happen, and did. The first one ends the simulated world. */
export class Violations {
  readonly found: string[] = [];

  add(message: string): void {
    this.found.push(message);
  }

  check(holds: boolean, message: () => string): void {
    if (!holds) this.add(message());
  }
}
