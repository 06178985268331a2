/**
 * The one door to a store: which database keeps the data is chosen here, by the configuration, and known to nobody
 * else. A driver is loaded when something is done with the data, since most commands never do.
 */
import { sqliteStorage } from "./sqlite/storage.ts";
import type { Storage, StoreOptions } from "./storage.ts";
import type { Store } from "./store.ts";

export { BadArchive, type Health, type MissingFile, type Storage } from "./storage.ts";

/** What of a configuration says where the data is. */
export type StoreConfig = {
  /** The data folder. */
  data: string;
};

export function storageOf({ data }: StoreConfig): Storage {
  return sqliteStorage(data);
}

/** Opens the store for this process, which is its owner until it closes it. Throws `unavailable` when another one is. */
export function openStore(config: StoreConfig, options?: StoreOptions): Promise<Store> {
  return storageOf(config).open(options);
}
