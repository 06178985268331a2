/**
 * Whose turn it is to be sent to. Owners take turns, and of an owner its receivers, each with a bound of its own: a
 * receiver that answers late or never holds up nobody but those who chose it.
 */
export type LaneBounds = { all: number; ofOwner: number; ofHost: number };

type Job = () => Promise<void>;
/** Jobs of an owner by host, the next one's turn first. */
type Owner = { running: number; hosts: Map<string, Job[]> };

export class Lanes {
  readonly #bounds: LaneBounds;
  /** Those with jobs that wait or run, the next one's turn first. */
  readonly #owners = new Map<string, Owner>();
  readonly #ofHost = new Map<string, number>();
  #running = 0;

  constructor(bounds: LaneBounds) {
    this.#bounds = bounds;
  }

  /** Runs the job when it is its turn. It must not reject. */
  add(owner: string, host: string, job: Job): void {
    const own = this.#owners.get(owner) ?? { running: 0, hosts: new Map() };
    this.#owners.set(owner, own);
    const waiting = own.hosts.get(host);
    if (waiting) waiting.push(job);
    else own.hosts.set(host, [job]);
    // What waits already may not start for that.
    const { ofOwner, ofHost } = this.#bounds;
    if (own.running < ofOwner && (this.#ofHost.get(host) ?? 0) < ofHost) this.#fill();
  }

  #fill(): void {
    while (this.#running < this.#bounds.all && this.#startNext());
  }

  /** False when nobody may start. */
  #startNext(): boolean {
    for (const [name, owner] of this.#owners) {
      if (owner.running >= this.#bounds.ofOwner) continue;
      for (const [host, waiting] of owner.hosts) {
        if ((this.#ofHost.get(host) ?? 0) >= this.#bounds.ofHost) continue;
        const job = waiting.shift();
        owner.hosts.delete(host);
        if (waiting.length > 0) owner.hosts.set(host, waiting);
        this.#owners.delete(name);
        this.#owners.set(name, owner);
        if (job) this.#run(name, owner, host, job);
        return true;
      }
    }
    return false;
  }

  #run(name: string, owner: Owner, host: string, job: Job): void {
    this.#running += 1;
    owner.running += 1;
    this.#ofHost.set(host, (this.#ofHost.get(host) ?? 0) + 1);
    void job().finally(() => {
      this.#running -= 1;
      owner.running -= 1;
      const left = (this.#ofHost.get(host) ?? 1) - 1;
      if (left === 0) this.#ofHost.delete(host);
      else this.#ofHost.set(host, left);
      if (owner.running === 0 && owner.hosts.size === 0) this.#owners.delete(name);
      this.#fill();
    });
  }
}
