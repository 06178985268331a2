/** Changes that come together are read together. */
const SETTLE_MS = 150;

/** Reads something again when it has changed. One reading at a time: of two answers the older one may come last. */
export class Rereading {
  readonly #read: () => Promise<void>;
  #settling: ReturnType<typeof setTimeout> | undefined;
  #isUnderWay = false;
  /** Something has changed since the reading that is under way began. */
  #isOld = false;
  #isClosed = false;

  /** `read` never rejects. */
  constructor(read: () => Promise<void>) {
    this.#read = read;
  }

  get isUnderWay(): boolean {
    return this.#isUnderWay;
  }

  soon(): void {
    this.#settling ??= setTimeout(() => {
      this.#settling = undefined;
      void this.now();
    }, SETTLE_MS);
  }

  async now(): Promise<void> {
    this.#isOld = true;
    if (this.#isUnderWay) return;
    this.#isUnderWay = true;
    while (this.#isOld && !this.#isClosed) {
      this.#isOld = false;
      await this.#read();
    }
    this.#isUnderWay = false;
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#settling);
  }
}
