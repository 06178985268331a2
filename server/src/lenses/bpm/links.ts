/** Links of this wire: absolute, below the prefix under which the request came in. */
import type { Attachment } from "../../task/people/human.ts";

export type Link = { rel: string; href: string; length: number; hreflang?: string; mediaType?: string };

/** Fields of a task that are links unless they are expanded. */
export const FIELDS = ["comments", "attachments", "history", "payload"] as const;
export type Field = (typeof FIELDS)[number];

export class Links {
  readonly #origin: string;
  readonly #base: string;

  constructor({ origin, mount }: { origin: () => string; mount: string }) {
    this.#origin = origin();
    this.#base = this.#origin + mount;
  }

  /** `path` is below the prefix: `/tasks`. */
  to(rel: string, path: string): Link {
    return { rel, href: this.#base + path, length: 0 };
  }

  task(rel: string, number: number): Link {
    return this.to(rel, `/tasks/${number}`);
  }

  field(rel: string, number: number, field: Field): Link {
    return this.to(rel, `/tasks/${number}/${field}`);
  }

  /** To the bytes of an attachment; its name is one segment, whatever its characters. */
  stream(number: number, { name, bytes }: Pick<Attachment, "name" | "bytes">): Link {
    const link = this.to("stream", `/tasks/${number}/attachments/${encodeURIComponent(name)}/stream`);
    return { ...link, length: bytes };
  }

  attachment(rel: string, number: number, name: string): Link {
    return this.to(rel, `/tasks/${number}/attachments/${encodeURIComponent(name)}`);
  }

  /** The page of a task for people. */
  page(rel: string, id: string): Link {
    return { rel, href: `${this.#origin}/dashboard/#${id}`, length: 0, mediaType: "text/html" };
  }
}
