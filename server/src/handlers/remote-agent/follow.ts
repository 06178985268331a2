/**
 * Stays with another server's task until it rests or ends: over its stream, reopened as often as it breaks, or by polling. Text of its
 * artifacts is passed on as it grows.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { StepContext } from "../../task/handler.ts";
import { type Part, textOf } from "../../task/part.ts";
import type { RemoteClient } from "./remote-client.ts";
import { asRemoteError, RemoteError } from "./remote-error.ts";
import { isResting, type RemoteEvent, type RemoteTask, statusText } from "./remote-task.ts";

/** How long one step follows a stream: the state by then is journaled, and the next step goes on. */
export const FOLLOW_MS = 600_000;
/** Of all artifacts together, held while they are followed. */
const CHARACTERS_MAX = 32 << 20;
const PAUSE_MS = 250;
const PAUSE_MS_MAX = 30_000;

/** Text of artifacts in order of arrival, of which `shown` characters were passed on before. */
export class GrowingText {
  readonly #texts = new Map<string, string>();
  readonly #output: (text: string) => void;
  #shown: number;
  /** Of all text received. */
  #length = 0;

  constructor(shown: number, output: (text: string) => void) {
    this.#shown = shown;
    this.#output = output;
  }

  get shown(): number {
    return this.#shown;
  }

  /**
   * Passed-on text cannot be taken back: an artifact that begins anew counts as continued. Servers of the older version also report a
   * continued one as new.
   */
  hear(id: string, parts: readonly Part[], append: boolean): void {
    const text = wordsOf(parts);
    const known = this.#texts.get(id) ?? "";
    const goesOn = append || !text.startsWith(known);
    const fresh = goesOn ? text : text.slice(known.length);
    this.#texts.set(id, known + fresh);
    this.#length += fresh.length;
    if (this.#length > CHARACTERS_MAX)
      throw new RemoteError("too_large", `The other agent's text is over ${CHARACTERS_MAX} characters.`, false);
    const unsaid = this.#length - this.#shown;
    // Only the new part is looked at: an artifact may come in ten thousand pieces.
    if (unsaid > 0) this.#say(fresh.slice(-unsaid));
  }

  /** All artifacts in their present state. Text that no stream has brought is passed on if the text so far is its beginning. */
  settle(artifacts: RemoteTask["artifacts"]): void {
    const all = artifacts.map(({ parts }) => wordsOf(parts)).join("");
    if (all.length > this.#shown && all.startsWith([...this.#texts.values()].join("")))
      this.#say(all.slice(this.#shown));
  }

  #say(text: string): void {
    this.#output(text);
    this.#shown += text.length;
  }
}

function wordsOf(parts: readonly Part[]): string {
  return parts.map((part) => ("text" in part ? part.text : "")).join("");
}

/** Resolves with the task when it rests or ends, or as it is after `ms`. Rejects with `RemoteError`. */
export async function followed(
  client: RemoteClient,
  id: string,
  { step, text, ms = FOLLOW_MS }: { step: StepContext; text: GrowingText; ms?: number },
): Promise<RemoteTask> {
  const until = performance.now() + ms;
  let pauseMs = PAUSE_MS;
  for (;;) {
    const heard = await heardOf(client, id, { step, text, until });
    const task = await client.get(id);
    if (isResting(task.status.state) || performance.now() > until) return task;
    if (heard) pauseMs = PAUSE_MS;
    await sleep(pauseMs, undefined, { signal: step.signal });
    pauseMs = Math.min(pauseMs * 2, PAUSE_MS_MAX);
  }
}

/** Whether the stream brought anything before it ended; a broken stream is no error, since the task is polled next. */
async function heardOf(
  client: RemoteClient,
  id: string,
  { step, text, until }: { step: StepContext; text: GrowingText; until: number },
): Promise<boolean> {
  let heard = false;
  try {
    for await (const event of client.follow(id)) {
      heard = true;
      if (isLast(event, step, text) || performance.now() > until) break;
    }
  } catch (error) {
    step.signal.throwIfAborted();
    const told = asRemoteError(error);
    if (told.code === "too_large") throw told;
  }
  return heard;
}

function isLast(event: RemoteEvent, step: StepContext, text: GrowingText): boolean {
  if ("artifactUpdate" in event) {
    const { artifact, append } = event.artifactUpdate;
    text.hear(artifact.artifactId, artifact.parts, append);
    return false;
  }
  if ("message" in event) return false;
  const told = "task" in event ? event.task : event.statusUpdate;
  if ("task" in event) for (const { artifactId, parts } of event.task.artifacts) text.hear(artifactId, parts, false);
  const says = "task" in event ? statusText(event.task) : textOf(event.statusUpdate.status.message?.parts ?? []);
  if (says !== "" && told.status.state === "working") step.progress(0, says.slice(0, 1_000));
  return isResting(told.status.state);
}
