/**
 * Calls that have met damage, until it is rebuilt and they can be sent again. Their places are bounded and shared between tenants: where none is
 * free, the newest call of the tenant with the most places gives way to a call of a tenant with fewer.
 */

/** A large call takes several places. */
const PLACES_MAX = 1_000;
const PLACE_CHARACTERS = 16 << 10;

type Waiting = { tenant?: string; text: string };
type Share<Item> = { items: Set<Item>; places: number };

export class ParkedCalls<Item extends Waiting> {
  readonly #shares = new Map<string, Share<Item>>();
  #places = 0;

  /** Parks a call. Returns those that have to give way, perhaps this one. */
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

  /** False where it has already given way. */
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

/** A read by id names no tenant: all of them share like one tenant. */
function tenantOf({ tenant = "" }: Waiting): string {
  return tenant;
}
