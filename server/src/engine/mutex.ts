/**
 * One change of a task at a time within this process, so that its own writers never fail each other's guards.
 * Several lanes are always taken from a parent to its descendants: nobody waits in a circle.
 */
export class KeyedMutex {
  readonly #tails = new Map<string, Promise<unknown>>();

  async run<Result>(id: string, work: () => Promise<Result>): Promise<Result> {
    const tail = this.#tails.get(id);
    const done = tail ? tail.then(work, work) : work();
    this.#tails.set(id, done);
    try {
      return await done;
    } finally {
      if (this.#tails.get(id) === done) this.#tails.delete(id);
    }
  }

  async runAll<Result>(ids: readonly string[], work: () => Promise<Result>): Promise<Result> {
    const [id, ...rest] = ids;
    return id === undefined ? work() : this.run(id, () => this.runAll(rest, work));
  }
}
