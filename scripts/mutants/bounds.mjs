/** Faults in how much there may be of anything, in bytes above all. */
const inbox = "server/src/verbs/implementation/input-checks.ts";
const answers = "server/src/store/sqlite/bounds.ts";
const whole = "server/src/store/sqlite/in-pages.ts";
const logs = "server/src/engine/recent-logs.ts";
const feed = "server/src/engine/event-feed.ts";
const refused = "server/src/engine/embedded/refused-writes.ts";
const writer = "server/src/engine/embedded/attempt-writer.ts";
const values = "server/src/engine/execution/handed-over.ts";
const artifacts = "server/src/engine/execution/artifact-sizes.ts";
const readers = "server/src/http/connections/stalled-readers.ts";
const slices = "server/src/store/sqlite/slices.ts";

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: these are texts of other files
export const BOUNDS = [
  { file: inbox, name: "an-inbox-holds-any-bytes", find: " && bytes + bytesOf(value) <= INBOX_BYTES_MAX", put: "" },
  { file: inbox, name: "an-inbox-holds-any-number", find: "if (items < INBOX_ITEMS_MAX && ", put: "if (" },
  {
    file: answers,
    name: "a-page-has-any-bytes",
    find: "if (found.length > 0 && bytes > bytesMax) return",
    put: "if (bytes < 0) return",
  },
  {
    file: answers,
    name: "a-page-may-be-empty",
    find: "if (found.length > 0 && bytes > bytesMax)",
    put: "if (bytes > bytesMax)",
  },
  {
    file: answers,
    name: "what-lies-in-files-weighs-nothing",
    find: "readMarker(column)?.bytes ?? column.length",
    put: "column.length",
  },
  {
    file: whole,
    name: "what-is-whole-has-any-bytes",
    find: "if (bytes > WHOLE_BYTES_MAX) throw",
    put: "if (bytes < 0) throw",
  },
  {
    file: logs,
    name: "logs-are-kept-for-ever",
    find: "if (this.#youngBytes <= GENERATION_BYTES_MAX) return;",
    put: "return;",
  },
  { file: logs, name: "a-log-with-a-gap-is-whole", find: "if (!isWhole || log.events", put: "if (log.events" },
  {
    file: feed,
    name: "tails-hold-any-bytes",
    find: "if (topic.tailBytes > TAIL_BYTES_MAX || this.#bytes > FEED_BYTES_MAX) this.#clearTail(topic);",
    put: "",
  },
  {
    file: feed,
    name: "a-tail-has-a-gap",
    find: "if (first.seq !== topic.lastSeq + 1) this.#clearTail(topic);",
    put: "",
  },
  {
    file: refused,
    name: "what-a-full-disk-refuses-is-kept-without-bound",
    find: "if (this.#bytes + bytes > this.#parts.bytesMax) return null;",
    put: "",
  },
  {
    file: refused,
    name: "what-was-kept-counts-for-ever",
    find: "this.#bytes -= bytes;",
    put: "",
  },
  {
    file: writer,
    name: "details-grow-for-ever",
    find: "if (bytes > RECORD_BYTES_MAX) throw",
    put: "if (bytes < 0) throw",
  },
  {
    file: values,
    name: "a-value-has-any-bytes",
    find: "if (this.#bytes > this.#bytesMax) throw new BadValue(`${this.#what} is larger",
    put: "if (this.#bytes < 0) throw new BadValue(`${this.#what} is larger",
  },
  {
    file: artifacts,
    name: "pieces-of-an-artifact-count-alone",
    find: "if (other !== tried) sum += other.pending.get(id)?.bytes ?? 0;",
    put: "",
  },
  {
    file: artifacts,
    name: "a-failed-try-grows-its-artifacts",
    find: "if (!this.#underWay.delete(tried) || !kept) return;",
    put: "if (!this.#underWay.delete(tried)) return;",
  },
  {
    file: readers,
    name: "stalled-readers-hold-any-bytes",
    find: "if (this.#bytes <= this.#bytesMax) return;",
    put: "return;",
  },
  {
    file: readers,
    name: "bytes-that-are-shared-count-for-each",
    find: "if (sharers === 0) this.#bytes += frame.length;",
    put: "this.#bytes += frame.length;",
  },
  {
    file: slices,
    name: "a-turn-of-a-sweep-has-no-end",
    find: "while (performance.now() < until) if",
    put: "while (until > 0) if",
  },
];
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: these are texts of other files
