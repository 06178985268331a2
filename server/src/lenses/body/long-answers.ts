/**
 * Answers that are told in pieces: each holds its value until its reader has taken all of it. Tenants have turns to make a piece, and
 * when those whose readers take nothing hold too much together, the tenant that holds most of that loses the one that has stood
 * still for longest.
 */
import type { Readable } from "node:stream";

/** Of all that stand still, in characters of their JSON. */
export const LONG_ANSWERS_CHARACTERS_MAX = 256 << 20;

/** Whom pieces are made for; told when one waits for its reader, and when that has taken it. */
export type LongAnswer = { tenant: string; waits: () => void; goesOn: () => void };

type Held = { characters: number; letGo: () => void };

export class LongAnswers {
  readonly #charactersMax: number;
  readonly #known = new WeakMap<Readable, { answer: LongAnswer; characters: number }>();
  /** Of each tenant those that stand still, in the order in which they came to. */
  readonly #still = new Map<string, { characters: number; answers: Set<Held> }>();
  #characters = 0;

  constructor(charactersMax = LONG_ANSWERS_CHARACTERS_MAX) {
    this.#charactersMax = charactersMax;
  }

  /** `body` tells `answer`, which is about so many characters. */
  made(body: Readable, answer: LongAnswer, characters: number): void {
    this.#known.set(body, { answer, characters });
  }

  /** Its reader is of this tenant; `letGo` ends what it is sent. Does nothing with what is no long answer. */
  sent(body: Readable, tenant: string, letGo: () => void): void {
    const known = this.#known.get(body);
    if (known === undefined) return;
    const { answer, characters } = known;
    const held = {
      characters,
      letGo: () => {
        letGo();
        // Behind another answer of its connection it has no socket yet, and nobody would tell it.
        body.destroy();
      },
    };
    answer.tenant = tenant;
    answer.waits = () => {
      if (!body.destroyed) this.#add(tenant, held);
    };
    answer.goesOn = () => this.#remove(tenant, held);
    body.once("close", answer.goesOn);
  }

  #add(tenant: string, held: Held): void {
    const own = this.#still.get(tenant) ?? { characters: 0, answers: new Set() };
    this.#still.set(tenant, own);
    own.answers.add(held);
    this.#count(own, held.characters);
    while (this.#characters > this.#charactersMax) this.#letOneGo();
  }

  #letOneGo(): void {
    const [most] = [...this.#still].sort(([, a], [, b]) => b.characters - a.characters);
    const [slowest] = most?.[1].answers ?? [];
    if (most === undefined || slowest === undefined) return;
    this.#remove(most[0], slowest);
    slowest.letGo();
  }

  #remove(tenant: string, held: Held): void {
    const own = this.#still.get(tenant);
    if (!own?.answers.delete(held)) return;
    this.#count(own, -held.characters);
    if (own.answers.size === 0) this.#still.delete(tenant);
  }

  #count(own: { characters: number }, by: number): void {
    own.characters += by;
    this.#characters += by;
  }
}

/** Of this process. */
export const longAnswers = new LongAnswers();
