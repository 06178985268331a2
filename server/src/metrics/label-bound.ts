/**
 * Bounds the values of a label. Names of models, queues and the like are chosen by callers, and each new one is a series
 * that a Prometheus keeps: the first ones are told apart, all later ones together are `other`.
 */
export const OTHER = "other";

const VALUES_MAX = 100;
const CHARACTERS_MAX = 200;

export class LabelBound {
  readonly #known = new Set<string>();
  readonly #valuesMax: number;

  constructor(valuesMax = VALUES_MAX) {
    this.#valuesMax = valuesMax;
  }

  of(value: string): string {
    if (this.#known.has(value)) return value;
    if (this.#known.size >= this.#valuesMax || value.length > CHARACTERS_MAX) return OTHER;
    this.#known.add(value);
    return value;
  }
}
