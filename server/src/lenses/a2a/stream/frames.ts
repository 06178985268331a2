/**
 * Server-sent events of the four dialects. What a frame says is made once for all who follow a log in the words of one
 * version and binding; over JSON-RPC each reader's frames repeat the id of its own request.
 *
 * The id of a frame is the number of the event that it tells. Where an event makes several frames, all but the last have the
 * number and their place in it, so that a reader who comes back misses none of them and is told none twice. Whoever comes back
 * with a part of a snapshot begins with all of it again.
 *
 * What is long is made as it is written, a piece in a turn of the event loop: 30 MB at once would hold all others up.
 */
import type { Refusal } from "../../../task/errors.ts";
import type { TaskEvent } from "../../../task/events/event.ts";
import type { JsonObject } from "../../../task/json/json.ts";
import { isLongJson } from "../../../task/json/json-pieces.ts";
import type { Part } from "../../../task/part.ts";
import { isLong, jsonBytes } from "../../body/json-body.ts";
import { ownTurn } from "../../body/own-turn.ts";
import type { Frame } from "../../lens-parts.ts";
import { oneLine, oneLineInTurns } from "../../one-line.ts";
import type { Dialect } from "../dialect.ts";
import { problemOf, type RpcId } from "../errors.ts";
import type { ArtifactView, EventView, TaskView } from "../model/view.ts";

/** The official client takes no event of 4 MiB. */
const EVENT_BYTES_MAX = 3_500_000;
/** So many characters are fewer bytes than that as JSON, whatever they are. */
const TEXT_CHARS_MAX = 500_000;

/** To make more takes a turn of its own, and all who follow the log are sent the same bytes of it. */
const LARGE_CHARS = 64 << 10;

/** Text of frames: what is large as bytes, what is long as the pieces of it that are still to be made. */
export type FrameText = Frame | (() => AsyncIterable<string>);

/**
 * After which frame a reader goes on: `part` is the place in the event, or in the snapshot that was taken at it; null behind all
 * of its frames.
 */
export type Resumption = { seq: number; part: number | null; inSnapshot: boolean };

const SNAPSHOT = "snapshot-";
const FRAME_ID = new RegExp(`^(\\d{1,15})(?:-(${SNAPSHOT})?(\\d{1,6}))?$`);

/** Reads `<seq>`, `<seq>-<part>` or `<seq>-snapshot-<part>`; null for anything else. */
export function resumptionOf(id: unknown): Resumption | null {
  const [, seq, snapshot, part] = FRAME_ID.exec(typeof id === "string" ? id.trim() : "") ?? [];
  if (seq === undefined) return null;
  return { seq: Number(seq), part: part === undefined ? null : Number(part), inSnapshot: snapshot !== undefined };
}

export class FrameWriter {
  readonly #dialect: Dialect;
  readonly #before: string;
  readonly #after: string;

  constructor(dialect: Dialect, id: RpcId) {
    const isRpc = dialect.binding === "JSONRPC";
    this.#dialect = dialect;
    this.#before = isRpc ? `data: {"jsonrpc":"2.0","id":${oneLine(JSON.stringify(id))},"result":` : "data: ";
    this.#after = isRpc ? "}\n\n" : "\n\n";
  }

  /** The frames of an event of the log, but for the first `told` of them. */
  ofEvent({ seq }: Pick<TaskEvent, "seq">, texts: readonly FrameText[], told = 0): FrameText[] {
    return this.#frames(seq, "", texts, told);
  }

  /** Those of the snapshot that is taken at an event. */
  ofSnapshot({ seq }: Pick<TaskEvent, "seq">, texts: readonly FrameText[]): FrameText[] {
    return this.#frames(seq, SNAPSHOT, texts, 0);
  }

  #frames(seq: number, of: string, texts: readonly FrameText[], told: number): FrameText[] {
    return texts.slice(told).flatMap((text, behind) => {
      const at = told + behind;
      const head = `id: ${at === texts.length - 1 ? seq : `${seq}-${of}${at + 1}`}\n${this.#before}`;
      return typeof text === "string" ? [head + text + this.#after] : [head, text, this.#after];
    });
  }

  /** What ends the stream when it cannot go on. */
  ofProblem(refusal: Refusal, id: RpcId): string {
    const { body } = problemOf(refusal, this.#dialect, id);
    const event = this.#dialect.binding === "JSONRPC" ? "" : "event: error\n";
    return `${event}data: ${oneLine(JSON.stringify(body))}\n\n`;
  }
}

/** What is told of an event, as one or more texts of JSON that each fit into a frame. */
export async function textsOf(views: readonly EventView[], { codec }: Dialect): Promise<FrameText[]> {
  const texts: FrameText[] = [];
  const turns = new OwnTurns();
  for (const view of views) {
    const said = codec.write.event(view);
    // Of many tasks that tell some at once, each in a turn of its own.
    if (isLongJson(said, LARGE_CHARS)) await ownTurn();
    const text = textOf(said);
    const bytes = typeof text === "string" ? Buffer.byteLength(text) : await jsonBytes(said);
    if (bytes <= EVENT_BYTES_MAX) texts.push(shared(text));
    else
      for (const piece of await pieces(view, turns)) {
        const short = textOf(codec.write.event(piece));
        texts.push(shared(short));
        if (typeof short === "string") await turns.made(short.length);
      }
  }
  return texts;
}

/** Others have their turn whenever as much has been made as a piece is long. */
class OwnTurns {
  #bytes = 0;

  async made(bytes: number): Promise<void> {
    this.#bytes += bytes;
    if (this.#bytes < TEXT_CHARS_MAX) return;
    this.#bytes = 0;
    await ownTurn();
  }
}

function shared(text: FrameText): FrameText {
  return typeof text === "string" && text.length > LARGE_CHARS ? Buffer.from(text) : text;
}

function textOf(said: JsonObject): Exclude<FrameText, Buffer> {
  return isLong(said) ? () => oneLineInTurns(said) : oneLine(JSON.stringify(said));
}

async function pieces(view: EventView, turns: OwnTurns): Promise<EventView[]> {
  if ("artifactUpdate" in view) return await artifactPieces(view.artifactUpdate, turns);
  return "task" in view ? await taskPieces(view.task, turns) : [view];
}

type ArtifactUpdate = Extract<EventView, { artifactUpdate: unknown }>["artifactUpdate"];

/** A large update is several, that add to one another. */
async function artifactPieces(
  { artifact, append, lastChunk, ...rest }: ArtifactUpdate,
  turns: OwnTurns,
): Promise<EventView[]> {
  const groups = await fittingGroups(artifact.parts.flatMap(shortParts), turns);
  return groups.map((parts, at) => ({
    artifactUpdate: {
      ...rest,
      artifact: { ...artifact, parts },
      append: append || at > 0,
      lastChunk: lastChunk && at === groups.length - 1,
    },
  }));
}

/** A snapshot whose artifacts are large is told without them, and they follow. */
async function taskPieces({ artifacts = [], ...task }: TaskView, turns: OwnTurns): Promise<EventView[]> {
  const { id: taskId, contextId } = task;
  const update = (artifact: ArtifactView) => ({ taskId, contextId, artifact, append: false, lastChunk: false });
  const told: EventView[] = [{ task }];
  for (const artifact of artifacts) told.push(...(await artifactPieces(update(artifact), turns)));
  return told;
}

/** A long text is several. What else is long is one part, and cannot be two. */
function shortParts(part: Part): Part[] {
  if (!("text" in part) || part.text.length <= TEXT_CHARS_MAX) return [part];
  const found: Part[] = [];
  for (let at = 0; at < part.text.length; ) {
    let end = Math.min(at + TEXT_CHARS_MAX, part.text.length);
    // No character is cut in half.
    if (end < part.text.length && /[\uD800-\uDBFF]/.test(part.text.charAt(end - 1))) end--;
    found.push({ ...part, text: part.text.slice(at, end) });
    at = end;
  }
  return found;
}

async function fittingGroups(parts: readonly Part[], turns: OwnTurns): Promise<Part[][]> {
  const groups: Part[][] = [[]];
  let bytes = 0;
  for (const part of parts) {
    const size = await jsonBytes(part);
    await turns.made(size);
    if (bytes + size > EVENT_BYTES_MAX && groups.at(-1)?.length) {
      groups.push([]);
      bytes = 0;
    }
    groups.at(-1)?.push(part);
    bytes += size;
  }
  return groups;
}
