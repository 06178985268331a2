/**
 * Requests sent ahead of the answer that ends their connection. The runtime reads 64 KB of a socket at once and makes a request of each
 * head in them, hundreds in one turn of the event loop. Its parser takes a return value from the listener of heads: one that is not a
 * number ends the reading, as for bytes that are not HTTP.
 */
import type { Socket } from "node:net";

const NOT_TAKEN = -1;

/** Stops the parser after the head after this one. A runtime with another parser reads all it has. */
export function leaveUnread(socket: Socket): void {
  socket.pause();
  const parser: unknown = Reflect.get(socket, "parser");
  if (typeof parser === "object" && parser !== null && "onIncoming" in parser) parser.onIncoming = () => NOT_TAKEN;
}
