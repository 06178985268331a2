/** Faults in streams, bodies and webhooks: what is told, when it is over, and what is left of it then. */
export const STREAMS = [
  {
    file: "server/src/task/subscription-rules.ts",
    name: "the-last-event-that-was-given-up-counts",
    find: "givenUp: before.givenUp ?? seq",
    put: "givenUp: seq",
  },
  {
    file: "server/src/http/connections/stream.ts",
    name: "more-streams-open-than-may",
    find: "      if (isFull()) throw tooMany();\n      // Its",
    put: "      // Its",
  },
  {
    file: "server/src/http/connections/stream.ts",
    name: "a-heartbeat-comes-in-the-midst-of-a-frame",
    find: "} else if (one.isWhole && now",
    put: "} else if (now",
  },
  {
    file: "server/src/http/connections/stream.ts",
    name: "news-in-the-midst-of-a-frame-are-missed",
    find: "} else if (!one.hasNews) break;",
    put: "} else break;",
  },
  {
    file: "server/src/http/connections/stream.ts",
    name: "a-close-ends-a-frame-in-its-midst",
    find: "one.endsWhole || !one.isWhole",
    put: "one.endsWhole",
  },
  {
    file: "server/src/http/connections/stream.ts",
    name: "a-broken-stream-ends-clean",
    find: "this.#end(one, !this.isClosing || one.endsWhole);",
    put: "this.#end(one, false);",
  },
  {
    file: "server/src/lenses/shannon/stream-routes.ts",
    name: "a-bad-resume-point-in-the-header-is-refused",
    find: "  if (inHeader) return inHeader;\n",
    put: "",
  },
  {
    file: "server/src/lenses/shannon/stream-routes.ts",
    name: "frames-before-the-resume-point-are-shown",
    find: "!isEnd(wire) && !(isAfter(wire, from) && wanted(wire))",
    put: "!isEnd(wire) && !wanted(wire)",
  },
  {
    file: "server/src/lenses/shannon/stream-routes.ts",
    name: "who-sends-a-token-is-redirected",
    find: "apiKey !== undefined || token !== undefined",
    put: "apiKey !== undefined",
  },
  {
    file: "server/src/lenses/a2a/stream/task-stream.ts",
    name: "a-refusal-in-a-stream-is-a-broken-stream",
    find: "if (signal.aborted || !(error instanceof Refusal)) throw error;",
    put: "throw error;",
  },
  {
    file: "server/src/lenses/a2a/stream/task-stream.ts",
    name: "a-frame-that-was-heard-in-part-is-told-whole",
    find: "event.seq === seq ? (part ?? 0) : 0",
    put: "0",
  },
  {
    file: "server/src/delivery/delivery.ts",
    name: "what-is-to-wait-is-told-at-once",
    find: "      if (subscription.dueAt !== null && subscription.dueAt > clock.now()) return subscription.dueAt;\n",
    put: "",
  },
  {
    file: "server/src/delivery/lease.ts",
    name: "a-right-that-was-refused-is-held",
    find: "this.#until = isTaken ? until : 0;",
    put: "this.#until = until;",
  },
  {
    file: "server/src/lenses/a2a/stream/task-stream.ts",
    name: "a-snapshot-is-followed-by-what-it-has",
    find: "      if (event.seq < from.snapshot) return [];\n",
    put: "",
  },
  {
    file: "server/src/lenses/body/body-reader.ts",
    name: "a-body-whose-key-has-ended-goes-on",
    find: "() => request.keyEnd()",
    put: "() => null",
  },
];
