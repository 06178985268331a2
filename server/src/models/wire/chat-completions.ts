/**
 * Chat completions, as servers send them that follow OpenAI's example from memory: ids that are numbers, `choices` that
 * are null, arguments that are objects, an end without a reason, errors that are texts.
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
/** What the package is given of a chunk that it is not to read. */
const NOTHING: readonly StreamEvent[] = [];

export class ChatCompletionsRepair implements AnswerRepair {
  #stage: AnswerRepair["stage"] = "open";
  #calledTools = false;
  /** Which of several choices is the answer: the one that was told first. */
  #choice: number | null = null;
  /** At which place a call of this id is. */
  readonly #places = new Map<string, number>();
  readonly #tags = new ThoughtTags();
  /** Who is told of plain text at once; null once some text has gone another way, which must not be overtaken. */
  #onText: OnText;
  #isNamed = false;
  /** Null once the package reads what does not go past it. */
  #plain: PlainAnswer | null;

  /** Chunks of nothing but text, which are nearly all there are, go to who hears them and past the package. */
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

  /** Hands on the text of a chunk in which nothing is to be mended, once the answer has begun; false for any other chunk. */
  #isHeard(chunk: Fields): boolean {
    if (this.#onText === null || this.#choice === null || !this.#isNamed || !this.#tags.isText) return false;
    const text = soundText(chunk, this.#choice);
    if (text === null) return false;
    this.#onText(text);
    return true;
  }

  /** The event of the chunk, or another where it is given otherwise than it came. */
  #given(chunk: Fields, event: StreamEvent | null): readonly StreamEvent[] {
    const mended = this.#sorted(this.#withOwnIds(this.#ofOneChoice(mendedChunk(chunk))));
    this.#note(mended);
    const given = this.#withoutText(mended);
    if (given === null) return NOTHING;
    return this.#told(given, given === chunk && event !== null ? event : { data: JSON.stringify(given) });
  }

  /** The event of a chunk for the package, unless it is held for as long as the answer is plain. */
  #told(chunk: Fields, event: StreamEvent): readonly StreamEvent[] {
    return this.#plain?.holds(chunk, event) ? NOTHING : this.#toPackage([event]);
  }

  /** With all that was held before: from here on the package reads what comes. */
  #toPackage(events: readonly StreamEvent[]): readonly StreamEvent[] {
    const held = this.#plain?.held ?? NOTHING;
    this.#plain = null;
    return held.length === 0 ? events : [...held, ...events];
  }

  /** A server that says it is done has answered, though it does not say why it ended. */
  #done(): readonly StreamEvent[] {
    const events = [...this.#rest(), ...this.#reason()].flatMap((chunk) =>
      this.#told(chunk, { data: JSON.stringify(chunk) }),
    );
    return this.plainEnd !== null ? NOTHING : [...events, ...this.#toPackage([{ data: DONE }])];
  }

  /** What the package is still to read of the chunk. It takes the names of the answer and its model from the first that has some. */
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

  /** Nothing else is missing: packages take the end of the connection for the end of the answer. */
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

  /** Results go back by the ids of calls, so that no two may have the same. */
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

  /** Thoughts between tags are reasoning. */
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

  /** What was held as the beginning of a tag, and is none. */
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

  /** Why it ended, where its server has not said so. */
  #reason(): Fields[] {
    const isOpen = this.#stage === "open";
    this.#stage = "over";
    if (!isOpen) return [];
    const finish_reason = this.#calledTools ? "tool_calls" : "stop";
    return [{ choices: [{ index: 0, delta: {}, finish_reason }] }];
  }
}

/**
 * The text of a chunk as nearly all are: of this choice alone, in the fields that the protocol has for it, and with nothing
 * else; null for any other. It makes no object, where to mend a chunk makes several also where nothing is to be mended.
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

/** The text of a chunk that has one choice, which says nothing else; null for any other. */
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

/** Also that of a choice, and what an event of that name holds. */
function errorIn(chunk: Fields, name?: string): Fields | null {
  const [choice] = listOf(chunk["choices"]);
  const error = errorOf(chunk) ?? (isFields(choice) ? errorOf({ error: choice["error"] }) : null);
  return error ?? (name === "error" ? errorOf({ error: chunk }) : null);
}
