/**
 * A mutex for each key: one change of a task at a time within this process, so that its own writers never fail each
 * other's guards. Nobody waits for a second key while it holds one.
 */
export class KeyedMutex {
  /** Of promises of nothing: a table that a map has outgrown keeps what was in it. */
  readonly #tails = new Map<string, Promise<void>>();

  /** Runs `work` once all that came before it under this key has ended, however it did. */
  run<Result>(id: string, work: () => Promise<Result>): Promise<Result> {
    const tail = this.#tails.get(id);
    const done = tail ? tail.then(work) : work();
    const forget = () => {
      if (this.#tails.get(id) === over) this.#tails.delete(id);
    };
    const over = done.then(forget, forget);
    this.#tails.set(id, over);
    return done;
  }
}
