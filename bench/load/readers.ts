/** Readers of one task's stream, each on a connection of its own: who opened, what each was sent, and when the last of them had it. */
import { connect, type Socket } from "node:net";

/** That open at once: a server keeps no more strangers of one address than it has to, and opens streams in turn. */
const OPENING_MAX = 200;
const OPENED_MS_MAX = 30_000;
const TOLD_MS_MAX = 30_000;
const EVENT = /(?:^|\n)id: (\d+)\n/g;

export class Readers {
  /** Readers that were sent an event twice, or not at all. */
  readonly wrong = new Set<Socket>();
  readonly #url: URL;
  readonly #head: string;
  readonly #sockets: Socket[] = [];
  /** How many have come to an event. */
  readonly #reached = new Map<number, number>();
  #awaited = { seq: Number.POSITIVE_INFINITY, count: 0, done: () => {} };
  events = 0;

  constructor(url: string, path: string, key: string) {
    this.#url = new URL(url);
    this.#head = `GET ${path} HTTP/1.1\r\nhost: ${this.#url.host}\r\nauthorization: Bearer ${key}\r\naccept: text/event-stream\r\n\r\n`;
  }

  /** So many more; resolves when each has the events up to now. `deaf` ones read nothing after that. */
  async open(count: number, deaf = false): Promise<void> {
    let left = count;
    const next = async () => {
      while (left-- > 0) await this.#one(deaf);
    };
    await Promise.all(Array.from({ length: Math.min(OPENING_MAX, count) }, next));
  }

  /** Resolves when so many have that event. */
  async told(seq: number, count: number): Promise<void> {
    if ((this.#reached.get(seq) ?? 0) >= count) return;
    await within(TOLD_MS_MAX, `event ${seq} did not come to all`, (done) => {
      this.#awaited = { seq, count, done };
    });
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #one(deaf: boolean): Promise<void> {
    return within(OPENED_MS_MAX, "a stream did not open", (opened, failed) => {
      const socket = connect({ host: this.#url.hostname, port: Number(this.#url.port) });
      this.#sockets.push(socket);
      let seen = 0;
      let rest = "";
      socket.on("error", failed);
      socket.on("close", () => failed(new Error("A stream was closed.")));
      socket.on("connect", () => socket.write(this.#head));
      socket.on("data", (chunk) => {
        const text = rest + chunk.toString("latin1");
        if (seen === 0 && !text.startsWith("HTTP/1.1 200")) return failed(new Error(text.slice(0, 1_000)));
        const end = text.lastIndexOf("\n\n") + 2;
        rest = end === 1 ? text : text.slice(end);
        for (const [, id] of text.slice(0, Math.max(0, end)).matchAll(EVENT)) {
          if (Number(id) !== seen + 1) this.wrong.add(socket);
          seen = Number(id);
          this.#came(seen);
        }
        if (seen === 0) return;
        opened();
        if (deaf) socket.pause();
      });
    });
  }

  #came(seq: number): void {
    this.events += 1;
    const reached = (this.#reached.get(seq) ?? 0) + 1;
    this.#reached.set(seq, reached);
    if (seq === this.#awaited.seq && reached >= this.#awaited.count) this.#awaited.done();
  }
}

function within(
  ms: number,
  otherwise: string,
  begin: (done: () => void, failed: (error: Error) => void) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`After ${ms / 1_000} s ${otherwise}.`)), ms);
    begin(
      () => {
        clearTimeout(late);
        resolve();
      },
      (error) => {
        clearTimeout(late);
        reject(error);
      },
    );
  });
}
