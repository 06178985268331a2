/** What was used last, up to a number of bytes: the longest unused goes first. */
export class ByteCache<Key, Value extends { readonly bytes: number }> {
  /** The last used one stands last. */
  readonly #entries = new Map<Key, Value>();
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get(key: Key): Value | undefined {
    const value = this.#entries.get(key);
    if (value === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, value);
    return value;
  }

  set(key: Key, value: Value): void {
    this.delete(key);
    if (value.bytes > this.#bytesMax) return;
    this.#entries.set(key, value);
    this.#bytes += value.bytes;
    for (const [oldest] of this.#entries) {
      if (this.#bytes <= this.#bytesMax) break;
      this.delete(oldest);
    }
  }

  delete(key: Key): void {
    this.#bytes -= this.#entries.get(key)?.bytes ?? 0;
    this.#entries.delete(key);
  }
}
