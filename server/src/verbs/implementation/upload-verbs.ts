/** Bytes that callers send, which count as under way until the last has come. */
import type { Readable } from "node:stream";
import type { FileStore } from "../../store/file-store.ts";
import { Refusal } from "../../task/errors.ts";
import { mustHave, type Principal } from "../../task/principal.ts";
import type { Upload, UploadBounds, Uploads } from "../uploads.ts";

/** Under way at once: each has a file open and some 200 KB in memory. */
export const UPLOADS_MAX = 64;
/** Of these, those of one user. */
export const UPLOADS_OF_USER_MAX = 16;
const RETRY_AFTER_S = 2;

export class UploadVerbs implements Uploads {
  readonly #files: FileStore;
  readonly #ofUser = new Map<string, number>();
  #all = 0;

  constructor(files: FileStore) {
    this.#files = files;
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
    if (own >= UPLOADS_OF_USER_MAX) throw tooMany("rate_limited");
    if (this.#all >= UPLOADS_MAX) throw tooMany("unavailable");
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
