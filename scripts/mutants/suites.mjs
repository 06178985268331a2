/** The suites of a copy of the repository: asked in a process beside (`asker.mjs`), which is killed where it hangs. */
import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

/** A mutant that makes a suite hang, so that for so long no test ends, is killed by that; that a machine is busy kills none. */
const TEST_MS_MAX = 180_000;
const SILENT_MS_MAX = 300_000;
/** The same for one test alone: longer than it waits for anything (`server/test/awaited.ts`). */
const ALONE_MS_MAX = 90_000;
const ASKER = fileURLToPath(new URL("asker.mjs", import.meta.url));

export class Suites {
  #copy;
  #asker = null;

  constructor(copy) {
    this.#copy = copy;
  }

  /** The file is another one than when it was last asked for. */
  changed(file) {
    this.#asker?.send({ changed: file });
  }

  /** The first test of these files that fails, or this test of the only one; null when none does. */
  async failureOf(suite) {
    this.#asker ??= await this.#start();
    const asker = this.#asker;
    const timer = setTimeout(() => this.#kill(), suite.test ? ALONE_MS_MAX : SILENT_MS_MAX);
    asker.send(suite);
    const { promise, resolve } = Promise.withResolvers();
    const said = ({ by }) => (by === undefined ? timer.refresh() : resolve(by));
    const gone = () => resolve("its time limit");
    asker.on("message", said).once("exit", gone);
    const by = await promise;
    asker.off("message", said).off("exit", gone);
    clearTimeout(timer);
    return by;
  }

  end() {
    this.#kill();
  }

  async #start() {
    const env = { ...process.env, NO_COLOR: "1" };
    // What its tests print is nobody's; a group of its own, so that all of it can be killed.
    const options = { cwd: this.#copy, env, detached: true, stdio: ["ignore", "ignore", "ignore", "ipc"] };
    const asker = fork(ASKER, [String(TEST_MS_MAX)], options);
    asker.once("exit", () => {
      if (this.#asker === asker) this.#asker = null;
    });
    await once(asker, "message");
    return asker;
  }

  #kill() {
    const asker = this.#asker;
    this.#asker = null;
    if (asker?.exitCode === null && asker.signalCode === null) process.kill(-asker.pid, "SIGKILL");
  }
}
