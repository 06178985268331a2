/** The other server of these tests, in a process of its own, as its tests see it: see `peer-process.ts`. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { z } from "zod";

export type Binding = "1.0 JSON-RPC" | "1.0 HTTP" | "0.3 JSON-RPC" | "0.3 HTTP";

const heard = z.object({ messageId: z.string(), taskId: z.string(), text: z.string() });
const said = z.union([
  z.object({ heard }),
  z.object({ cancelled: z.string() }),
  z.object({ authorization: z.string() }),
  z.object({ origin: z.string() }),
]);

export class Peer {
  readonly cancelled: string[] = [];
  /** Messages as they came: of which task they were, and their text. */
  readonly heard: z.infer<typeof heard>[] = [];
  /** What stood in `Authorization` of each request but those for cards. */
  readonly authorizations = new Set<string>();
  readonly #process: ChildProcess;
  #origin = "";

  private constructor() {
    this.#process = fork(fileURLToPath(new URL("peer-process.ts", import.meta.url)), { execArgv: [] });
    this.#process.on("message", (message) => {
      const news = said.parse(message);
      if ("heard" in news) this.heard.push(news.heard);
      else if ("cancelled" in news) this.cancelled.push(news.cancelled);
      else if ("authorization" in news) this.authorizations.add(news.authorization);
      else this.#origin = news.origin;
    });
  }

  static async start(): Promise<Peer> {
    const peer = new Peer();
    await once(peer.#process, "message");
    return peer;
  }

  /** What a client is told to ask. */
  url(binding: Binding, { streams = true } = {}): string {
    return `${this.#origin}/cards/${encodeURIComponent(binding)}/${streams ? "streams" : "polled"}/`;
  }

  /** Lets go on what waits in a "slow" task of this text, now or once it does. */
  release(text: string): void {
    this.#process.send({ release: text });
  }

  /** Breaks off all that is open, as a network does. */
  cut(): void {
    this.#process.send({ cut: true });
  }

  async stop(): Promise<void> {
    this.#process.disconnect();
    await once(this.#process, "exit");
  }
}
