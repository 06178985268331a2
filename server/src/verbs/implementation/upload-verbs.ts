/** Uploads: bytes that callers send, under way until the last has arrived. */
import type { Readable } from "node:stream";
import type { FileStore } from "../../store/file-store.ts";
import { Refusal } from "../../task/errors.ts";
import { mustHave, type Principal } from "../../task/principal.ts";
import type { Upload, UploadBounds, Uploads } from "../uploads.ts";

/** Uploads at once, each with an open file and some 200 KB in memory, of all and of one user. */
export type UploadsAtOnce = { uploads: number; uploadsOfUser: number };
const USUAL: UploadsAtOnce = { uploads: 64, uploadsOfUser: 16 };

const RETRY_AFTER_S = 2;

export class UploadVerbs implements Uploads {
  readonly #files: FileStore;
  readonly #ofUser = new Map<string, number>();
  readonly #atOnce: UploadsAtOnce;
  #all = 0;

  constructor(files: FileStore, atOnce = USUAL) {
    this.#files = files;
    this.#atOnce = atOnce;
  }

  async receive(principal: Principal, bytes: Readable, bounds: UploadBounds): Promise<Upload> {
    mustHave(principal, "tasks");
    const giveBack = this.#take(JSON.stringify([principal.tenant, principal.user]));
    try {
      return await this.#files.receive(bytes, bounds);
    } finally {
      giveBack();
    }
  }

  #take(user: string): () => void {
    const own = this.#ofUser.get(user) ?? 0;
    if (own >= this.#atOnce.uploadsOfUser) throw tooMany("rate_limited");
    if (this.#all >= this.#atOnce.uploads) throw tooMany("unavailable");
    this.#ofUser.set(user, own + 1);
    this.#all += 1;
    return () => {
      this.#all -= 1;
      const rest = (this.#ofUser.get(user) ?? 1) - 1;
      if (rest > 0) this.#ofUser.set(user, rest);
      else this.#ofUser.delete(user);
    };
  }
}

function tooMany(code: "rate_limited" | "unavailable"): Refusal {
  return new Refusal(code, "Too many uploads at once: try again in a moment.", { retryAfterS: RETRY_AFTER_S });
}
