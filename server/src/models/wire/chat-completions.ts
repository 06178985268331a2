/**
 * Chat completions of servers that follow OpenAI's example loosely: ids that are numbers, `choices` that are null, arguments that are
 * objects, an end without a reason, errors that are texts.
 */
import {
  AnswerFailure,
  type AnswerRepair,
  errorOf,
  fieldsOf,
  type Heard,
  type OnText,
  type PlainEnd,
  type StreamEvent,
} from "./answer-repair.ts";
import { mendedChunk } from "./chat-chunk.ts";
import { contentText, countOf, type Fields, isFields, listOf } from "./fields.ts";
import { PlainAnswer } from "./plain-answer.ts";
import { ThoughtTags } from "./thought-tags.ts";

const DONE = "[DONE]";
/** The package's events for a chunk that it is not to read. */
const NOTHING: readonly StreamEvent[] = [];

export class ChatCompletionsRepair implements AnswerRepair {
  #stage: AnswerRepair["stage"] = "open";
  #calledTools = false;
  /** The choice that is the answer: the one that came first. */
  #choice: number | null = null;
  /** The index of each call's id. */
  readonly #places = new Map<string, number>();
  readonly #tags = new ThoughtTags();
  /** Called with plain text at once; null once some text has gone to the package, which must not be overtaken. */
  #onText: OnText;
  #isNamed = false;
  /** Null once the package reads the other events. */
  #plain: PlainAnswer | null;

  /** Chunks of text only, which are nearly all, go to the listener and past the package. */
  constructor(heard: Heard | null = null) {
    this.#onText = heard?.text ?? null;
    this.#plain = heard && new PlainAnswer(heard);
  }

  get plainEnd(): PlainEnd | null {
    return this.#plain?.end ?? null;
  }

  get stage(): AnswerRepair["stage"] {
    return this.#stage;
  }

  mended(event: StreamEvent): readonly StreamEvent[] {
    if (event.data.trim() === DONE) return this.#done();
    const chunk = fieldsOf(event);
    if (chunk === null) return this.#toPackage([event]);
    const error = errorIn(chunk, event.event);
    if (error !== null) throw new AnswerFailure(error);
    return this.#isHeard(chunk) ? NOTHING : this.#given(chunk, event);
  }

  /** Passes on the text of a chunk that needs no repair, once the answer has begun; false for any other chunk. */
  #isHeard(chunk: Fields): boolean {
    if (this.#onText === null || this.#choice === null || !this.#isNamed || !this.#tags.isText) return false;
    const text = soundText(chunk, this.#choice);
    if (text === null) return false;
    this.#onText(text);
    return true;
  }

  /** The event of the chunk, or a new one if the chunk was changed. */
  #given(chunk: Fields, event: StreamEvent | null): readonly StreamEvent[] {
    const mended = this.#sorted(this.#withOwnIds(this.#ofOneChoice(mendedChunk(chunk))));
    this.#note(mended);
    const given = this.#withoutText(mended);
    if (given === null) return NOTHING;
    return this.#told(given, given === chunk && event !== null ? event : { data: JSON.stringify(given) });
  }

  /** The events of a chunk for the package; none while the answer is plain, when they are held. */
  #told(chunk: Fields, event: StreamEvent): readonly StreamEvent[] {
    return this.#plain?.holds(chunk, event) ? NOTHING : this.#toPackage([event]);
  }

  /** With all events held so far: from here on the package reads the events. */
  #toPackage(events: readonly StreamEvent[]): readonly StreamEvent[] {
    const held = this.#plain?.held ?? NOTHING;
    this.#plain = null;
    return held.length === 0 ? events : [...held, ...events];
  }

  /** A server that says it is done has answered, even if it does not say why it ended. */
  #done(): readonly StreamEvent[] {
    const events = [...this.#rest(), ...this.#reason()].flatMap((chunk) =>
      this.#told(chunk, { data: JSON.stringify(chunk) }),
    );
    return this.plainEnd !== null ? NOTHING : [...events, ...this.#toPackage([{ data: DONE }])];
  }

  /** The rest of the chunk for the package, which takes the names of the answer and its model from the first chunk with some. */
  #withoutText(chunk: Fields): Fields | null {
    if (this.#onText === null) return chunk;
    const text = plainText(chunk);
    if (text === null) {
      if (hasText(chunk)) this.#onText = null;
      else this.#isNamed ||= isNaming(chunk);
      return chunk;
    }
    this.#onText(text);
    if (this.#isNamed) return null;
    this.#isNamed = isNaming(chunk);
    return { ...chunk, choices: [] };
  }

  /** No other event is missing: packages take the end of the connection for the end of the answer. */
  closing(): readonly StreamEvent[] {
    const events = this.#rest().flatMap((chunk) => this.#told(chunk, { data: JSON.stringify(chunk) }));
    return this.plainEnd === null ? [...events, ...this.#toPackage(NOTHING)] : NOTHING;
  }

  whole(value: Fields): StreamEvent[] | null {
    const error = errorIn(value);
    if (error !== null) throw new AnswerFailure(error);
    if (!Array.isArray(value["choices"])) return null;
    this.#plain = null;
    const { usage, ...chunk } = value;
    return [
      ...this.#given(chunk, null),
      ...this.mended({ data: JSON.stringify({ choices: [], usage }) }),
      ...this.mended({ data: DONE }),
    ];
  }

  #ofOneChoice(chunk: Fields): Fields {
    const choices = listOf(chunk["choices"]).filter(isFields);
    const placeOf = (choice: Fields) => countOf(choice["index"]) ?? 0;
    if (choices.length === 0) return chunk;
    this.#choice ??= Math.min(...choices.map(placeOf));
    const own = choices.filter((choice) => placeOf(choice) === this.#choice);
    return own.length === choices.length ? chunk : { ...chunk, choices: own };
  }

  /** Results are sent back by the ids of calls, so no two may be the same. */
  #withOwnIds(chunk: Fields): Fields {
    const [choice] = listOf(chunk["choices"]);
    const delta = isFields(choice) ? choice["delta"] : null;
    if (!isFields(choice) || !isFields(delta) || !Array.isArray(delta["tool_calls"])) return chunk;
    let isFine = true;
    const calls = delta["tool_calls"].map((call: Fields, place) => {
      const { id } = call;
      if (typeof id !== "string" || id === "") return call;
      const index = countOf(call["index"]) ?? place;
      const taken = (this.#places.get(id) ?? index) !== index && call["index"] != null;
      if (!taken) this.#places.set(id, index);
      isFine &&= !taken;
      return taken ? { ...call, id: `${id}_${index}` } : call;
    });
    return isFine ? chunk : { ...chunk, choices: [{ ...choice, delta: { ...delta, tool_calls: calls } }] };
  }

  /** Sorts reasoning between tags from the text. */
  #sorted(chunk: Fields): Fields {
    const [choice] = listOf(chunk["choices"]);
    const delta = isFields(choice) ? choice["delta"] : null;
    if (this.#tags.isText || !isFields(choice) || !isFields(delta)) return chunk;
    const { content, tool_calls: calls, reasoning_content: told } = delta;
    const isEnd = typeof choice["finish_reason"] === "string" || Array.isArray(calls);
    if (typeof content !== "string" && !isEnd) return chunk;
    const { thought, text } = this.#tags.add(typeof content === "string" ? content : "");
    const rest = isEnd ? this.#tags.end() : { thought: "", text: "" };
    const reasoning = `${typeof told === "string" ? told : ""}${thought}${rest.thought}`;
    const said = { ...delta, content: text + rest.text || null, reasoning_content: reasoning || null };
    return { ...chunk, choices: [{ ...choice, delta: said }] };
  }

  /** Text that was held as a possible tag, and is none. */
  #rest(): Fields[] {
    const { thought, text } = this.#tags.end();
    if (thought + text === "") return [];
    const delta = { role: "assistant", content: text || null, reasoning_content: thought || null };
    return [{ choices: [{ index: 0, delta }] }];
  }

  #note(chunk: Fields): void {
    const choices = chunk["choices"];
    if (!Array.isArray(choices)) return;
    const [choice] = choices;
    if (isFields(choice)) {
      if (isFields(choice["delta"]) && Array.isArray(choice["delta"]["tool_calls"])) this.#calledTools = true;
      if (typeof choice["finish_reason"] === "string") this.#stage = "complete";
    } else if (this.#stage === "complete" && isFields(chunk["usage"])) {
      this.#stage = "over";
    }
  }

  /** Adds the reason of the end if its server did not state one. */
  #reason(): Fields[] {
    const isOpen = this.#stage === "open";
    this.#stage = "over";
    if (!isOpen) return [];
    const finish_reason = this.#calledTools ? "tool_calls" : "stop";
    return [{ choices: [{ index: 0, delta: {}, finish_reason }] }];
  }
}

/**
 * The text of a chunk like nearly all: of this choice only, in the fields of the protocol, and with nothing else; null for any other.
 * It creates no object, where a repair creates several also for a sound chunk.
 */
function soundText({ choices, usage, x_groq }: Fields, place: number): string | null {
  if (!Array.isArray(choices) || choices.length !== 1 || usage != null || x_groq != null) return null;
  const choice: unknown = choices[0];
  if (!isFields(choice) || choice["index"] !== place || choice["finish_reason"] != null || choice["usage"] != null)
    return null;
  const { delta } = choice;
  if (!isFields(delta)) return null;
  for (const name in delta) if (name !== "content" && name !== "role" && delta[name] != null) return null;
  const { content } = delta;
  return typeof content === "string" && content !== "" ? content : null;
}

/** The text of a chunk with one choice and nothing else; null for any other. */
function plainText(chunk: Fields): string | null {
  const { choices } = chunk;
  if (!Array.isArray(choices) || choices.length !== 1 || chunk["usage"] != null) return null;
  const choice: unknown = choices[0];
  if (!isFields(choice) || choice["finish_reason"] != null || !isFields(choice["delta"])) return null;
  const { content, reasoning_content, reasoning, refusal, tool_calls } = choice["delta"];
  const isAlone = reasoning_content == null && reasoning == null && refusal == null && tool_calls == null;
  return isAlone && typeof content === "string" && content !== "" ? content : null;
}

function hasText(chunk: Fields): boolean {
  const [choice] = listOf(chunk["choices"]);
  const delta = isFields(choice) ? choice["delta"] : null;
  return isFields(delta) && contentText(delta["content"]) !== "";
}

function isNaming({ id, model }: Fields): boolean {
  return Boolean(id) || Boolean(model);
}

/** Also the error of a choice, or in an event of that name. */
function errorIn(chunk: Fields, name?: string): Fields | null {
  const [choice] = listOf(chunk["choices"]);
  const error = errorOf(chunk) ?? (isFields(choice) ? errorOf({ error: choice["error"] }) : null);
  return error ?? (name === "error" ? errorOf({ error: chunk }) : null);
}
