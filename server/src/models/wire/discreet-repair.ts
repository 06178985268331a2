/** A repair whose failures contain none of the keys of its request: an error inside a stream may repeat them as any error does. */
import { withoutSecrets } from "../../task/text/redaction.ts";
import { AnswerFailure, type AnswerRepair, type StreamEvent } from "./answer-repair.ts";
import { type Fields, isFields } from "./fields.ts";

export class DiscreetRepair implements AnswerRepair {
  readonly #repair: AnswerRepair;
  readonly #keys: readonly string[];

  constructor(repair: AnswerRepair, keys: readonly string[]) {
    this.#repair = repair;
    this.#keys = keys;
  }

  get stage(): AnswerRepair["stage"] {
    return this.#repair.stage;
  }

  get plainEnd(): AnswerRepair["plainEnd"] {
    return this.#repair.plainEnd;
  }

  mended(event: StreamEvent): readonly StreamEvent[] {
    try {
      return this.#repair.mended(event);
    } catch (error) {
      throw this.#discreet(error);
    }
  }

  whole(value: Fields): StreamEvent[] | null {
    try {
      return this.#repair.whole(value);
    } catch (error) {
      throw this.#discreet(error);
    }
  }

  closing(): readonly StreamEvent[] {
    return this.#repair.closing();
  }

  #discreet(error: unknown): unknown {
    return error instanceof AnswerFailure ? new AnswerFailure(fieldsWithout(error.told, this.#keys)) : error;
  }
}

function fieldsWithout(fields: Fields, keys: readonly string[]): Fields {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, without(value, keys)]));
}

function without(value: unknown, keys: readonly string[]): unknown {
  if (typeof value === "string") return withoutSecrets(value, keys);
  if (Array.isArray(value)) return value.map((inner) => without(inner, keys));
  return isFields(value) ? fieldsWithout(value, keys) : value;
}
