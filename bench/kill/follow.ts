/** Reads the event stream of one task, as a follower does. */
import type { SeenEvent } from "./promises.ts";

/** From after `after`, until the stream ends or `signal` fires. Resolves with true when the log has come to its end. */
export async function readStream(
  url: string,
  after: number,
  signal: AbortSignal,
  got: (event: SeenEvent) => void,
): Promise<boolean> {
  try {
    const headers = { accept: "text/event-stream", "last-event-id": String(after) };
    const answer = await fetch(url, { headers, signal });
    if (!answer.ok || !answer.body) return false;
    let rest = "";
    for await (const chunk of answer.body.pipeThrough(new TextDecoderStream())) {
      const frames = (rest + chunk).split("\n\n");
      rest = frames.pop() ?? "";
      for (const frame of frames) {
        if (/^event: ?done$/m.test(frame)) return true;
        const event = eventOf(frame);
        if (event) got(event);
      }
    }
    return false;
  } catch {
    return false;
  }
}

function eventOf(frame: string): SeenEvent | null {
  const seq = /^id: ?(\d+)$/m.exec(frame)?.[1];
  const type = /^event: ?(.+)$/m.exec(frame)?.[1] ?? "";
  const lines = [...frame.matchAll(/^data: ?(.*)$/gm)].map(([, line]) => line ?? "");
  if (seq === undefined) return null;
  const data: unknown = lines.length === 0 ? null : JSON.parse(lines.join("\n"));
  return { seq: Number(seq), type, data, frame };
}
