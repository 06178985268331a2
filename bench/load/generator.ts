/** The inside of the process that makes load: told what to send by its parent, it answers with what came back. */
import { z } from "zod";
import { load } from "./sockets.ts";

const order = z.object({
  url: z.string(),
  connections: z.int(),
  seconds: z.number(),
  /** Sent in turn. */
  requests: z.array(
    z.object({
      method: z.string(),
      path: z.string(),
      headers: z.record(z.string(), z.string()),
      body: z.string().optional(),
    }),
  ),
});
export type Order = z.input<typeof order>;

process.on("message", (message) => {
  const { url, connections, seconds, requests } = order.parse(message);
  let sent = 0;
  const wanted = requests.map(({ body, ...request }) => (body === undefined ? request : { ...request, body }));
  const next = () => {
    const request = wanted[sent++ % wanted.length];
    if (!request) throw new Error("There is nothing to send.");
    return request;
  };
  load(new URL(url), connections, seconds, next).then(
    (tally) => process.send?.(tally),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
