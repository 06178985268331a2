/**
 * Watches a few files for another content. Their folders are what the system watches, as an editor often writes a new
 * file and gives it the name of the old one.
 */
import { existsSync, type FSWatcher, readFileSync, watch } from "node:fs";
import { dirname, join, sep } from "node:path";

/** Editors write a file in several strokes, and formatters once more. */
const SETTLED_MS = 200;

export class FileWatch {
  readonly #contents = new Map<string, string | null>();
  readonly #folders = new Map<string, FSWatcher>();
  #stirred = Promise.withResolvers<void>();
  #timer: NodeJS.Timeout | undefined;

  /** A file that is not there may come, and its folder too. Throws where the system can watch no more. */
  add(files: Iterable<string>): void {
    for (const file of files) {
      if (this.#contents.has(file)) continue;
      this.#follow(dirname(file));
      this.#contents.set(file, contentOf(file));
    }
  }

  /** The files whose content is another than that which was known, which is known from now on. */
  changed(): string[] {
    // A folder of the same name may be another one by now.
    this.close();
    const files = [...this.#contents];
    for (const [file] of files) this.#follow(dirname(file));
    return files.flatMap(([file, known]) => {
      const content = contentOf(file);
      this.#contents.set(file, content);
      return content === known ? [] : [file];
    });
  }

  /** Resolves once something has happened to the files, and then nothing for a moment. */
  async settled(): Promise<void> {
    await this.#stirred.promise;
    this.#stirred = Promise.withResolvers();
  }

  close(): void {
    for (const watcher of this.#folders.values()) watcher.close();
    this.#folders.clear();
  }

  /** Where there is no such folder, the nearest one in which it may come. */
  #follow(folder: string): void {
    if (this.#folders.has(folder)) return;
    if (!existsSync(folder)) {
      this.#follow(dirname(folder));
      return;
    }
    const watcher = watch(folder, (_, name) => this.#heard(name === null ? folder : join(folder, name)));
    watcher.on("error", () => watcher.close());
    this.#folders.set(folder, watcher);
  }

  #heard(path: string): void {
    const isOurs = [...this.#contents.keys()].some((file) => file === path || file.startsWith(path + sep));
    if (!isOurs) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#stirred.resolve(), SETTLED_MS);
  }
}

function contentOf(file: string): string | null {
  try {
    return readFileSync(file, "latin1");
  } catch {
    return null;
  }
}
