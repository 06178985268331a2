/** Where the process that reads one file begins. It ends with the connection to whoever started it. */
import type { ToReader } from "./messages.ts";
import { Reader } from "./reader.ts";

const reader = new Reader((message) => void process.send?.(message));
process.on("message", (message: ToReader) => void reader.hear(message));
process.on("disconnect", () => process.exit());
process.send?.({ type: "ready" });
