/**
 * A task as a stream of the protocol: a snapshot, then every event behind it, none lost and none twice. All of it is read
 * from the log, where each event is before anybody is told of it: so a stream goes on anywhere, after any restart, and all
 * who follow a task see the same. A stream never steers what it shows.
 */
import { closingWordsOf } from "../../../task/agent/agent-message.ts";
import { Refusal } from "../../../task/errors.ts";
import type { TaskEvent } from "../../../task/events/event.ts";
import type { Task } from "../../../task/task.ts";
import type { EventStream, Frame } from "../../lens-parts.ts";
import type { EventView, TaskView } from "../model/view.ts";
import type { Exchange } from "../operation.ts";
import { withBytes } from "../view/files.ts";
import { type FrameText, FrameWriter, type Resumption, textsOf } from "./frames.ts";
import { LogProjection } from "./log-projection.ts";
import { type StreamPlace, streamPlaces } from "./stream-places.ts";

const HEARTBEAT_MS = 15_000;

export type StreamedTask = {
  task: Task;
  /** As its owner calls it. */
  contextId: string;
  /** What a snapshot has beside status and artifacts. */
  shown: Pick<TaskView, "history" | "metadata">;
  /** The place in the log at which the snapshot is taken; or the frame after which a reader goes on, who needs none. */
  from: { snapshot: number } | { after: Resumption };
  /** It is over where the task asks its client: the stream of a message. */
  closesAtQuestion: boolean;
  /** Its answer may be a message alone: nothing is told of the task before that is known, or the task comes to rest. */
  mayAnswerAlone: boolean;
};

/** Throws `rate_limited` when its caller has too many. */
export function taskStream(exchange: Exchange, streamed: StreamedTask): EventStream {
  const { principal, parts } = exchange;
  const places = streamPlaces(parts);
  places.mustHaveOne(principal);
  return {
    headers: { "content-type": "text/event-stream", "cache-control": "no-cache" },
    opening: "",
    heartbeat: ": ping\n\n",
    heartbeatMs: HEARTBEAT_MS,
    frames: (signal) => places.while(principal, (place) => framesOf(exchange, streamed, place, signal)),
  };
}

async function* framesOf(
  exchange: Exchange,
  streamed: StreamedTask,
  place: StreamPlace,
  signal: AbortSignal,
): AsyncGenerator<Frame> {
  const { principal, verbs, dialect, rpcId } = exchange;
  const telling = new Telling(streamed, new FrameWriter(dialect, rpcId), dialect);
  try {
    for await (const events of verbs.tasks.follow(principal, streamed.task.id, 0, signal)) {
      let frames = "";
      for (const event of events) {
        const told = await telling.read(await withFiles(exchange, event));
        place.holds(telling.size);
        for (const text of told) {
          if (typeof text === "string") frames += text;
          else {
            if (frames !== "") yield frames;
            frames = "";
            if (typeof text === "function") yield* text();
            else yield text;
          }
        }
        if (telling.isOver) break;
      }
      if (frames !== "") yield frames;
      if (telling.isOver) return;
    }
  } catch (error) {
    if (signal.aborted || !(error instanceof Refusal)) throw error;
    yield new FrameWriter(dialect, rpcId).ofProblem(error, rpcId);
  }
}

/** The event with the files of its artifact. */
async function withFiles(exchange: Exchange, event: TaskEvent): Promise<TaskEvent> {
  if (event.custom || event.type !== "artifact.updated") return event;
  const { artifact } = event.data;
  const shown = await withBytes(exchange, { id: event.task }, artifact);
  return shown === artifact ? event : { ...event, data: { ...event.data, artifact: shown } };
}

/** What one reader of a task is told. */
class Telling {
  isOver = false;
  readonly #streamed: StreamedTask;
  readonly #log: LogProjection;
  readonly #writer: FrameWriter;
  readonly #dialect: Exchange["dialect"];
  /** What is not told yet, since the answer may be a message alone; null once it is known. */
  #held: FrameText[] | null;

  constructor(streamed: StreamedTask, writer: FrameWriter, dialect: Exchange["dialect"]) {
    const { task, contextId } = streamed;
    this.#streamed = streamed;
    this.#log = new LogProjection({ id: task.id, contextId, createdAt: task.createdAt });
    this.#writer = writer;
    this.#dialect = dialect;
    this.#held = streamed.mayAnswerAlone ? [] : null;
  }

  /** About how much is in memory for it, until the next event is read. */
  get size(): number {
    return this.#log.size;
  }

  /** The frames of the next event of the log. */
  async read(event: TaskEvent): Promise<FrameText[]> {
    const { from } = this.#streamed;
    // A snapshot that is told has been taken.
    if (!("snapshot" in from) || event.seq > from.snapshot) this.#log.endSnapshots();
    const views = this.#log.read(event);
    if ("snapshot" in from) {
      if (event.seq < from.snapshot) return [];
      if (event.seq === from.snapshot) return await this.#snapshot(event);
      return await this.#tell(event, views, 0);
    }
    const { seq, part } = from.after;
    if (event.seq < seq || (event.seq === seq && part === null)) return [];
    return await this.#tell(event, views, event.seq === seq ? (part ?? 0) : 0);
  }

  async #snapshot(event: TaskEvent): Promise<FrameText[]> {
    const { task, contextId, shown } = this.#streamed;
    const { status, artifacts } = this.#log;
    const view = { task: { id: task.id, contextId, status, ...(artifacts.length > 0 && { artifacts }), ...shown } };
    return this.#unlessHeld(this.#writer.ofSnapshot(event, await textsOf([view], this.#dialect)));
  }

  async #tell(event: TaskEvent, read: EventView[], told: number): Promise<FrameText[]> {
    if (read.length === 0) return comesToRest(event) ? this.#release() : [];
    const views = this.#streamed.closesAtQuestion ? read.map(endingAtQuestion) : read;
    this.isOver = views.some((view) => "statusUpdate" in view && view.statusUpdate.final);
    if (this.#held !== null && views.some(isTelling)) {
      const alone = await this.#messageAlone(event, views);
      return alone ?? [...this.#release(), ...(await this.#frames(event, views, told))];
    }
    return this.#unlessHeld(await this.#frames(event, views, told));
  }

  async #frames(event: TaskEvent, views: EventView[], told: number): Promise<FrameText[]> {
    const { contextId, closesAtQuestion } = this.#streamed;
    const { version, binding } = this.#dialect;
    const key = `${version} ${binding} ${closesAtQuestion} ${contextId}`;
    const known = texts.get(event) ?? new Map<string, Promise<FrameText[]>>();
    texts.set(event, known);
    const own = known.get(key) ?? textsOf(views, this.#dialect);
    known.set(key, own);
    return this.#writer.ofEvent(event, await own, told);
  }

  /** What was held: it is known by now that there is a task. */
  #release(): FrameText[] {
    const held = this.#held ?? [];
    this.#held = null;
    return held;
  }

  #unlessHeld(frames: FrameText[]): FrameText[] {
    if (this.#held === null) return frames;
    this.#held.push(...frames);
    return [];
  }

  /** The frame of an answer that is a message alone; null for any other event. */
  async #messageAlone(event: TaskEvent, views: EventView[]): Promise<FrameText[] | null> {
    if (event.custom || event.type !== "task.completed" || views.length !== 1) return null;
    const message = this.#log.status.message;
    if (message === undefined || !closingWordsOf(event.data.output)?.alone) return null;
    const { taskId: _, ...rest } = message;
    return this.#writer.ofEvent(event, await textsOf([{ message: rest }], this.#dialect));
  }
}

/** By event of a log, of which all followers of a task are given the same object. */
const texts = new WeakMap<TaskEvent, Map<string, Promise<FrameText[]>>>();

function endingAtQuestion(view: EventView): EventView {
  if (!("statusUpdate" in view) || view.statusUpdate.status.state !== "input-required") return view;
  return { statusUpdate: { ...view.statusUpdate, final: true } };
}

/** A run that waits takes longer than an answer that is a message alone may: its client is told of the task. */
function comesToRest(event: TaskEvent): boolean {
  return !event.custom && event.type === "task.waiting" && event.data.waits.every(({ on }) => on !== "slot");
}

/** It says more than that the task is under way. */
function isTelling(view: EventView): boolean {
  if (!("statusUpdate" in view)) return true;
  const { state, message } = view.statusUpdate.status;
  return state !== "working" || message !== undefined;
}
