/**
 * The first commit of a task that runs while its submit is on its way to the disk: the submit, and what its run commits
 * before its code comes to rest. A task that does nothing outside of itself is one commit, and not two. Code outside of steps
 * has no effect by itself, so that a submit which the store refuses leaves nothing of its run.
 */
import type { Write } from "../store/write.ts";
import { joined } from "../task/change.ts";
import { Refusal } from "../task/errors.ts";
import type { Task } from "../task/task.ts";

type Added = PromiseWithResolvers<void>;

export class FirstCommit {
  readonly #submit: Write;
  #write: Write;
  #others: Write[] = [];
  #added: Added[] = [];
  /** Made for whoever asks: most tasks begin later. */
  #onDisk: Added | undefined;

  constructor(submit: Write) {
    this.#submit = submit;
    this.#write = submit;
  }

  /** Resolves once the submit is on disk; rejects with `not_found` once it is known that it will not be. */
  get onDisk(): Promise<void> {
    if (this.#onDisk === undefined) {
      this.#onDisk = Promise.withResolvers();
      this.#onDisk.promise.catch(ignored);
    }
    return this.#onDisk.promise;
  }

  /** The task as it will be on disk. */
  get task(): Task {
    return this.#write.task;
  }

  get writes(): Write[] {
    return [this.#write, ...this.#others];
  }

  /** Adds what `plan` makes of the task so far. Settles as `onDisk` does, and rejects with what `plan` throws. */
  async add(plan: (task: Task) => Write[]): Promise<void> {
    const [write, ...others] = plan(this.task);
    if (write) this.#write = both(this.#write, write);
    this.#others.push(...others);
    const added = Promise.withResolvers<void>();
    this.#added.push(added);
    await added.promise;
  }

  /** Goes on without what was added, which is refused with this error. False when nothing was. */
  leave(error: unknown): boolean {
    if (this.#added.length === 0) return false;
    for (const { reject } of this.#added) reject(error);
    this.#added = [];
    this.#write = this.#submit;
    this.#others = [];
    return true;
  }

  settle(isOnDisk: boolean): void {
    if (this.#onDisk === undefined) return;
    const refusal = isOnDisk ? null : new Refusal("not_found", "The submit of this task has not taken effect.");
    for (const { resolve, reject } of [this.#onDisk, ...this.#added]) refusal ? reject(refusal) : resolve();
  }
}

/** Two writes of a task as one, the second decided on the first. */
function both(first: Write, second: Write): Write {
  const write: Write = { ...first, ...second, ...joined(first, second) };
  if (first.journal && second.journal) write.journal = [...first.journal, ...second.journal];
  if (first.artifacts && second.artifacts) write.artifacts = [...first.artifacts, ...second.artifacts];
  if (first.usage && second.usage) write.usage = [...first.usage, ...second.usage];
  if (first.messages && second.messages) write.messages = [...first.messages, ...second.messages];
  return write;
}

function ignored(): void {}
