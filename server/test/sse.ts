/** Reads server-sent events as a browser would: frames, with comments left out. */
export type Frame = { id: string; event: string; data: string };

/** The frames of a response until it ends. */
export async function* framesOf(response: Response): AsyncGenerator<Frame> {
  if (response.body === null) return;
  let rest = "";
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + text).split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const frame: Frame = { id: "", event: "message", data: "" };
      for (const line of block.split("\n")) {
        const [, field, value] = /^(id|event|data): (.*)$/.exec(line) ?? [];
        if (field === "id" || field === "event" || field === "data") frame[field] = value ?? "";
      }
      if (frame.data !== "") yield frame;
    }
  }
}

export async function allFrames(response: Response): Promise<Frame[]> {
  const frames: Frame[] = [];
  for await (const frame of framesOf(response)) frames.push(frame);
  return frames;
}
