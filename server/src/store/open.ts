/**
 * The one door to a store: which database keeps the data is chosen here, by the configuration, and known to nobody
 * else. A driver is loaded when something is done with the data, since most commands never do.
 */
import path from "node:path";
import { UNWRITTEN_FILE } from "./sqlite/folder.ts";
import { sqliteStorage } from "./sqlite/storage.ts";
import type { Storage, StoreOptions } from "./storage.ts";
import type { Store } from "./store.ts";
import { UnwrittenUsageFile } from "./unwritten-usage.ts";

export { BadArchive, type Health, type Lost, type MissingFile, type Storage, type StoreOptions } from "./storage.ts";

/** What of a configuration says where the data is. */
export type StoreConfig = {
  /** The data folder. */
  data: string;
};

export function storageOf({ data }: StoreConfig): Storage {
  return sqliteStorage(data);
}

/** What was paid while the disk was full. */
export function unwrittenUsageOf({ data }: StoreConfig): UnwrittenUsageFile {
  return new UnwrittenUsageFile(path.join(data, UNWRITTEN_FILE));
}

/** Opens the store for this process, which is its owner until it closes it. Throws `unavailable` when another one is. */
export function openStore(config: StoreConfig, options?: StoreOptions): Promise<Store> {
  return storageOf(config).open(options);
}

/** A store will be opened in this process before long: what that waits for begins now. */
export async function expectStore(): Promise<void> {
  const { startEarly } = await import("./sqlite/thread/threads.ts");
  startEarly();
}
