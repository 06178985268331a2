/**
 * The log of a task as the protocol's events. They follow from the log alone: whoever reads it, whenever and from wherever,
 * finds the same events in the same order. One reader reads one log from its beginning, and knows at each place what a
 * snapshot there has: the status, and the artifacts so far.
 *
 * What an agent says while it runs is the artifact of the result, which grows. When it is void (a step begins again, or the
 * text led to calls of tools) the artifact is written anew, and the end of the task brings it to what the task answers.
 *
 * What artifacts hold may be many megabytes. It is kept for a snapshot alone, and of whoever takes none any more, their ids.
 */

import { closingWordsOf } from "../../../task/agent/agent-message.ts";
import type { ArtifactUpdate } from "../../../task/artifact.ts";
import { messageIdInTask } from "../../../task/conversation.ts";
import { type EventReader, readEvent, type TaskEvent } from "../../../task/events/event.ts";
import { type Json, sizeOf } from "../../../task/json/json.ts";
import type { Part } from "../../../task/part.ts";
import { pauseSentence } from "../../../task/pause.ts";
import { RESULT_ID, resultParts } from "../../../task/result.ts";
import type { Prompt, Wait } from "../../../task/task.ts";
import type { ArtifactView, EventView, MessageView, StatusView } from "../model/view.ts";
import { closingMessage, errorMessage, pauseMessage, questionMessage } from "../view/status.ts";
import { isEnd, type WireState } from "../vocabulary.ts";

/** Whose log it is: what never changes of its task. */
export type LogOwner = { id: string; contextId: string; createdAt: number };

type Place = Pick<TaskEvent, "seq" | "at">;
/** A question as it was asked first. */
type Question = { prompt: Prompt; at: number };

const none = (): EventView[] => [];

export class LogProjection {
  readonly #owner: LogOwner;
  readonly #artifacts = new Map<string, ArtifactView & { parts: Part[] }>();
  #takesSnapshots = true;
  /** About the characters of the parts that are kept. */
  #partsSize = 0;
  #status: StatusView;
  #questions: Question[] = [];
  /** Why it is paused, or is about to be; null when it is not. */
  #pausedFor: string | null = null;
  /** Live text by the step that says it, in order. */
  #said: { step: string; text: string }[] = [];
  #saidLength = 0;
  /** What was said is void: what comes next is said anew. */
  #isVoid = true;

  constructor(owner: LogOwner) {
    this.#owner = owner;
    this.#status = { state: "submitted", at: owner.createdAt };
  }

  get status(): StatusView {
    return this.#status;
  }

  /** Live text is one part of its artifact, in however many pieces it came. */
  get artifacts(): ArtifactView[] {
    const text = this.#isVoid ? "" : this.#text;
    return [...this.#artifacts.values()].map((artifact) => ({
      ...artifact,
      parts: artifact.artifactId === RESULT_ID && text !== "" ? [{ text }] : [...artifact.parts],
    }));
  }

  /** About how many characters it keeps of what the task has made and said. */
  get size(): number {
    // What was said is among the parts.
    return this.#takesSnapshots ? this.#partsSize : this.#saidLength;
  }

  /** `artifacts` is asked for no more. */
  endSnapshots(): void {
    if (!this.#takesSnapshots) return;
    this.#takesSnapshots = false;
    this.#partsSize = 0;
    for (const [id, artifact] of this.#artifacts) this.#artifacts.set(id, { ...artifact, parts: [] });
  }

  /** The next event of the log as those of the protocol. */
  read(event: TaskEvent): EventView[] {
    return event.custom ? [] : readEvent(this.#readings, event, event);
  }

  readonly #readings: EventReader<[place: Place], EventView[]> = {
    "task.submitted": none,
    // Whatever it asked before, it goes on; what it still asks it says again when it comes to rest.
    "task.started": (_, place) => this.#asks([], place),
    "task.waiting": ({ waits }, place) => this.#asks(this.#questionsIn(waits, place), place),
    "task.input_required": ({ prompt }, place) => {
      const others = this.#questions.filter((question) => question.prompt.name !== prompt.name);
      return this.#asks([...others, { prompt, at: place.at }], place);
    },
    "task.input_received": ({ prompt: answered }, place) => {
      const others = this.#questions.filter(({ prompt }) => prompt.name !== answered);
      return others.length < this.#questions.length ? this.#asks(others, place) : [];
    },
    "task.pausing": ({ reason, running }, place) =>
      this.#pauses(reason, pauseSentence("Pausing", reason, running), place),
    "task.paused": (_, place) => {
      const reason = this.#pausedFor;
      return reason === null ? [] : this.#pauses(reason, pauseSentence("Paused", reason), place);
    },
    "task.resumed": (_, place) => {
      const wasTold = this.#pausedFor !== null && this.#questions.length === 0;
      this.#pausedFor = null;
      return wasTold ? this.#is(this.#status.state, place) : [];
    },
    "task.logged": none,
    "task.retrying": none,
    "task.progress": ({ message }, place) =>
      message === "" || this.#status.state !== "working"
        ? []
        : this.#is("working", place, this.#says(place.seq, message)),
    "task.details": none,
    "task.completed": ({ output }, place) => this.#completed(output, place),
    "task.failed": ({ error }, place) => this.#is("failed", place, errorMessage(this.#owner.id, error)),
    "task.timed_out": ({ error }, place) => this.#is("failed", place, errorMessage(this.#owner.id, error)),
    "task.rejected": ({ error }, place) => this.#is("rejected", place, errorMessage(this.#owner.id, error)),
    "task.cancelled": (_, place) => this.#is("canceled", place),
    "step.completed": none,
    "step.retrying": none,
    "step.failed": none,
    "output.delta": ({ text, step = "" }) => this.#writes(step, text),
    "output.restarted": ({ step }) => this.#takesBack(step),
    "artifact.updated": ({ artifact }) => [this.#updates(artifact)],
    "usage.recorded": none,
    "agent.started": none,
    "agent.mode_changed": none,
    "agent.thinking": none,
    "agent.answered": ({ final }) => {
      // It led to calls of tools: what comes next is another text.
      if (!final) this.#isVoid = true;
      return [];
    },
    "agent.completed": none,
    "agent.guarded": none,
    "tool.invoked": none,
    "tool.observed": none,
    "budget.threshold": none,
    "human.acted": none,
    "human.attached": none,
    "human.commented": none,
    "human.detached": none,
    "human.overdue": none,
  };

  #questionsIn(waits: readonly Wait[], { at }: Place): Question[] {
    if (waits.some(({ on }) => on === "slot")) return [];
    return waits.flatMap((wait) => {
      if (wait.on !== "input") return [];
      const known = this.#questions.find(({ prompt }) => prompt.name === wait.prompt.name);
      return [known ?? { prompt: wait.prompt, at }];
    });
  }

  /** What is asked first is answered first. */
  #asks(questions: Question[], place: Place): EventView[] {
    const [before] = this.#questions;
    const [first] = questions;
    this.#questions = questions;
    if (first === undefined) return this.#status.state === "working" ? [] : this.#is("working", place);
    if (first === before && this.#status.state !== "working") return [];
    const state = first.prompt.asks === "authorization" ? "auth-required" : "input-required";
    return this.#is(state, place, questionMessage(this.#owner.id, first.prompt, first.at));
  }

  /** Neither of the protocol's states changes; what it asks stays what is said with it. */
  #pauses(reason: string, sentence: string, place: Place): EventView[] {
    this.#pausedFor = reason;
    if (this.#questions.length > 0) return [];
    return this.#is(this.#status.state, place, pauseMessage(this.#owner.id, sentence, place.at));
  }

  #is(state: WireState, { at }: Place, said?: MessageView): EventView[] {
    const { id: taskId, contextId } = this.#owner;
    this.#status = { state, at, ...(said && { message: { ...said, contextId, taskId } }) };
    return [{ statusUpdate: { taskId, contextId, status: this.#status, final: isEnd(state) } }];
  }

  #says(seq: number, text: string): MessageView {
    return { messageId: messageIdInTask(this.#owner.id, seq), role: "agent", parts: [{ text }] };
  }

  #writes(step: string, text: string): EventView[] {
    if (text === "") return [];
    const append = !this.#isVoid;
    if (this.#isVoid) this.#said = [];
    this.#saidLength = this.#isVoid ? text.length : this.#saidLength + text.length;
    this.#isVoid = false;
    const last = this.#said.at(-1);
    if (last?.step === step) last.text += text;
    else this.#said.push({ step, text });
    return [this.#grows([{ text }], append, false)];
  }

  /** What other steps have said of the same answer stays. */
  #takesBack(step: string): EventView[] {
    this.#said = this.#said.filter((piece) => piece.step !== step);
    this.#saidLength = this.#said.reduce((sum, piece) => sum + piece.text.length, 0);
    const text = this.#text;
    if (text !== "" && !this.#isVoid) return [this.#grows([{ text }], false, false)];
    this.#isVoid = true;
    return [];
  }

  get #text(): string {
    return this.#said.map(({ text }) => text).join("");
  }

  #completed(output: Json, place: Place): EventView[] {
    const words = closingWordsOf(output);
    const message = words ? closingMessage(this.#owner.id, words) : undefined;
    return [...this.#closes(resultParts(output)), ...this.#is("completed", place, message)];
  }

  /** Brings the artifact of the answer to what it is in the end. */
  #closes(parts: Part[]): EventView[] {
    const spoken = this.#artifacts.has(RESULT_ID) && !this.#isVoid ? this.#text : null;
    const [first] = parts;
    if (first === undefined) return spoken === null ? [] : [this.#grows([{ text: "" }], true, true)];
    const isSaid = parts.length === 1 && "text" in first && first.text === spoken;
    return [isSaid ? this.#grows([{ text: "" }], true, true) : this.#grows(parts, false, true)];
  }

  #grows(parts: readonly Part[], append: boolean, lastChunk: boolean): EventView {
    return this.#changes({ artifactId: RESULT_ID, name: RESULT_ID, parts }, append, lastChunk);
  }

  #updates({ id, name, description, parts, metadata, append, last }: ArtifactUpdate): EventView {
    const artifact = {
      artifactId: id,
      ...(name !== undefined && { name }),
      ...(description !== undefined && { description }),
      parts,
      ...(metadata !== undefined && { metadata }),
    };
    return this.#changes(artifact, append, last);
  }

  #changes(artifact: ArtifactView, wantsAppend: boolean, lastChunk: boolean): EventView {
    const { artifactId } = artifact;
    const known = this.#artifacts.get(artifactId);
    const append = wantsAppend && known !== undefined;
    const parts = append ? known.parts : [];
    if (this.#takesSnapshots) {
      if (!append) this.#partsSize -= sizeOf(known?.parts ?? []);
      for (const part of artifact.parts) {
        parts.push(part);
        this.#partsSize += sizeOf(part);
      }
    }
    this.#artifacts.set(artifactId, { ...(append && known), ...artifact, parts });
    const { id: taskId, contextId } = this.#owner;
    return { artifactUpdate: { taskId, contextId, artifact, append, lastChunk } };
  }
}
