// A proxy that breaks event streams: each connection to one is cut in the middle of a frame, a little later every time.
import { createServer, request } from "node:http";

const FRAMES_BEFORE_FIRST_CUT = 1;
const FRAMES_MORE_EACH_TIME = 2;
const CUTS_MAX = 3;

export async function startCuttingProxy(target) {
  const { hostname, port } = new URL(target);
  let cuts = 0;
  const proxy = createServer((incoming, outgoing) => {
    const { method, url, headers } = incoming;
    const onward = request({ hostname, port, method, path: url, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode, answer.headers);
      const isStream = answer.headers["content-type"]?.startsWith("text/event-stream");
      if (!isStream || cuts >= CUTS_MAX) {
        answer.pipe(outgoing);
        return;
      }
      let left = FRAMES_BEFORE_FIRST_CUT + FRAMES_MORE_EACH_TIME * cuts;
      cuts += 1;
      let text = "";
      answer.setEncoding("utf8");
      answer.on("data", (chunk) => {
        text += chunk;
        for (let end = text.indexOf("\n\n"); end !== -1 && left >= 0; end = text.indexOf("\n\n")) {
          const frame = text.slice(0, end + 2);
          text = text.slice(end + 2);
          if (!frame.startsWith("id:")) {
            outgoing.write(frame);
          } else if (left > 0) {
            left -= 1;
            outgoing.write(frame);
          } else {
            left = -1;
            answer.removeAllListeners("end");
            outgoing.write(frame.slice(0, frame.length / 2), () => outgoing.destroy());
          }
        }
      });
      answer.on("end", () => outgoing.end(text));
      answer.on("error", () => outgoing.destroy());
    });
    onward.on("error", () => outgoing.destroy());
    outgoing.on("close", () => onward.destroy());
    incoming.pipe(onward);
  });
  await new Promise((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${proxy.address().port}`,
    cuts: () => cuts,
    close: () => {
      proxy.closeAllConnections();
      return new Promise((resolve) => proxy.close(resolve));
    },
  };
}
