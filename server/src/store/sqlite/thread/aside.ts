/**
 * Who wait until somebody has looked for damage that they have met, so that what they asked is asked again. Places are bounded, and
 * shared: where none is free, the newest of the tenant that has most gives way to one of a tenant that has fewer.
 */

/** A large call takes several places. */
const PLACES_MAX = 1_000;
const PLACE_CHARACTERS = 16 << 10;

type Waiting = { tenant?: string; text: string };
type Share<Item> = { items: Set<Item>; places: number };

export class Aside<Item extends Waiting> {
  readonly #shares = new Map<string, Share<Item>>();
  #places = 0;

  /** Those for whom there is no place any more, of which this one may be one. */
  take(item: Item): Item[] {
    const told: Item[] = [];
    const needed = placesOf(item);
    while (this.#places + needed > PLACES_MAX) {
      const [most] = [...this.#shares.values()].sort((one, other) => other.places - one.places);
      const newest = most && [...most.items].at(-1);
      const own = this.#shares.get(tenantOf(item))?.places ?? 0;
      if (newest === undefined || most === undefined || most.places <= own + needed) return [...told, item];
      this.leave(newest);
      told.push(newest);
    }
    const share = this.#shares.get(tenantOf(item)) ?? { items: new Set(), places: 0 };
    this.#shares.set(tenantOf(item), share);
    share.items.add(item);
    share.places += needed;
    this.#places += needed;
    return told;
  }

  /** False where it has had to give way. */
  leave(item: Item): boolean {
    const share = this.#shares.get(tenantOf(item));
    if (!share?.items.delete(item)) return false;
    share.places -= placesOf(item);
    this.#places -= placesOf(item);
    if (share.items.size === 0) this.#shares.delete(tenantOf(item));
    return true;
  }
}

function placesOf({ text }: Waiting): number {
  return 1 + Math.floor(text.length / PLACE_CHARACTERS);
}

/** Reads of one thing, by its id, name no tenant: they are one among them. */
function tenantOf({ tenant = "" }: Waiting): string {
  return tenant;
}
