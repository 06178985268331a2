/** Collects what must never happen and did: the invariants that a simulated world broke. The first one ends the world. */
export class Checker {
  readonly failures: string[] = [];

  fail(message: string): void {
    this.failures.push(message);
  }

  check(holds: boolean, message: () => string): void {
    if (!holds) this.fail(message());
  }
}
