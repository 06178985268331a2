/**
 * A mutex for each key: one change of a task at a time within this process, so that its own writers never fail each
 * other's guards. Nobody waits for a second key while it holds one.
 */
export class KeyedMutex {
  readonly #tails = new Map<string, Promise<unknown>>();

  /** Runs `work` once all that came before it under this key has ended, however it did. */
  run<Result>(id: string, work: () => Promise<Result>): Promise<Result> {
    const tail = this.#tails.get(id);
    const done = tail ? tail.then(work, work) : work();
    this.#tails.set(id, done);
    const forget = () => {
      if (this.#tails.get(id) === done) this.#tails.delete(id);
    };
    done.then(forget, forget);
    return done;
  }
}
