/**
 * What was sent ahead of an answer with which its connection ends. The runtime reads 64 KB of a socket at once and makes a request
 * of each head in them, hundreds in one turn of the event loop, whatever becomes of the first of them. Its parser takes
 * the answer of whoever hears of a head: one that is none ends the reading there, as it does for what is not HTTP.
 */
import type { Socket } from "node:net";

const NOT_TAKEN = -1;

/** No head behind the one that is heard of now is read, but for the next. A runtime whose parser is another reads what it has. */
export function leaveUnread(socket: Socket): void {
  socket.pause();
  const parser: unknown = Reflect.get(socket, "parser");
  if (typeof parser === "object" && parser !== null && "onIncoming" in parser) parser.onIncoming = () => NOT_TAKEN;
}
