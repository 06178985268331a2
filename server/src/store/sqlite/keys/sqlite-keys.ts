/** The verbs of the store on keys, over its channels. Like the rest of this side it knows no SQL. */
import type { AuditEntry } from "../../../task/audit.ts";
import type { KeyUse } from "../../../task/key.ts";
import type { KeysVisible } from "../../../task/visibility.ts";
import { keyOf, keyValues } from "../../codec/key-rows.ts";
import { prepareAudit } from "../../codec/prepare.ts";
import { Damaged } from "../../damage.ts";
import type { KeyBounds, KeyPlace, KeyRotation, KeyStore, KeysToEnd, StoredKey } from "../../key-store.ts";
import { pageOf } from "../page-of.ts";
import type { Channels } from "../thread/channels.ts";

/** Keys that are looked at, or noted, in one message. */
const SLICE = 500;

export class SqliteKeys implements KeyStore {
  readonly #writes: Channels["writes"];
  readonly #reads: Channels["reads"];
  readonly #searches: Channels["searches"];
  readonly #damage: Channels["damage"];

  constructor({ writes, reads, searches, damage }: Channels) {
    this.#writes = writes;
    this.#reads = reads;
    this.#searches = searches;
    this.#damage = damage;
  }

  async list(visible: KeysVisible, { limit, after }: { limit: number; after: KeyPlace | null }) {
    const found = await this.#searches.send("keys", { visible, limit, after });
    const { rows, next } = pageOf(found, limit, 7);
    return { keys: rows.flatMap((row) => this.#read(row) ?? []), next };
  }

  async find(tenant: string, id: string): Promise<StoredKey | null> {
    return this.#read(await this.#reads.send("key", { tenant, id }));
  }

  async byHash(hash: string): Promise<StoredKey | null> {
    const key = this.#read(await this.#reads.send("keyByHash", { hash }));
    if (key === null || key.hash === hash || key.formerHash === hash) return key;
    const damage = new Damaged("key of a secret", new Error("its entry leads to another one"));
    this.#damage.note(damage);
    throw damage;
  }

  endedSecrets(hashes: readonly string[], now: number): Promise<string[]> {
    return inSlices(hashes, (names) => this.#reads.send("endedSecrets", { names, now }));
  }

  endedKeys(ids: readonly string[], now: number): Promise<string[]> {
    return inSlices(ids, (names) => this.#reads.send("endedKeys", { names, now }));
  }

  async hasAny(): Promise<boolean> {
    return (await this.#reads.send("someKey", null)).rows.length > 0;
  }

  async add(key: StoredKey, bounds: KeyBounds, audit: AuditEntry) {
    const given = { key: keyValues(key), bounds, audit: prepareAudit(audit) };
    return await this.#damage.passingOver(() => this.#writes.send("addKey", given));
  }

  async rotate(rotation: KeyRotation, audit: AuditEntry): Promise<boolean> {
    return await this.#writes.send("rotateKey", { rotation, audit: prepareAudit(audit) });
  }

  async revoke(which: KeysToEnd, at: number, audit: AuditEntry): Promise<number> {
    return await this.#writes.send("revokeKeys", { which, at, audit: prepareAudit(audit) });
  }

  async noteUses(uses: readonly KeyUse[]): Promise<void> {
    await inSlices(uses, async (some) => {
      await this.#damage.passingOver(() => this.#writes.send("noteKeyUses", { uses: some }));
      return [];
    });
  }

  #read(row: unknown[] | null): StoredKey | null {
    return row === null ? null : (this.#damage.orLeftOut(`key ${String(row[0])}`, () => keyOf(row)) ?? null);
  }
}

/** One after the other: others of the same channel come in between. */
async function inSlices<Item, Found>(
  all: readonly Item[],
  ask: (some: readonly Item[]) => Promise<Found[]>,
): Promise<Found[]> {
  const found: Found[] = [];
  for (let at = 0; at < all.length; at += SLICE) found.push(...(await ask(all.slice(at, at + SLICE))));
  return found;
}
