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
const streams = "server/src/http/connections/stream.ts";
const slices = "server/src/store/sqlite/slices.ts";
const bodies = "server/src/http/body/body.ts";
const counted = "server/src/http/body/json-values.ts";
const before = "server/src/engine/execution/long-calls.ts";
const frames = "server/src/lenses/a2a/stream/frames.ts";
const places = "server/src/lenses/a2a/stream/stream-places.ts";
const protocol = "server/src/lenses/a2a/stream/log-projection.ts";
const texts = "server/src/task/json/json-text.ts";
const lists = "server/src/lenses/body/json-list.ts";
const spread = "server/src/http/body/key-count.ts";
const wrong = "server/src/task/json/found-wrong.ts";
const tools = "server/src/handlers/agent/tool.ts";
const stream = "server/src/models/wire/repaired-stream.ts";
const pydantic = "server/src/lenses/orchestrate/pydantic.ts";
const calls = "server/src/store/sqlite/thread/call.ts";
const lines = "server/src/parts/slow-calls.ts";

// biome-ignore-start lint/suspicious/noTemplateCurlyInString: these are texts of other files
export const BOUNDS = [
  {
    file: "server/src/store/file-owners.ts",
    name: "a-removed-file-is-remembered-for-an-hour",
    find: "    this.#put.delete(sha256);\n    await",
    put: "    await",
  },
  {
    file: "server/src/task/accepted-input.ts",
    name: "the-text-of-what-a-transform-makes-has-no-bound",
    find: "if (left < 0) throw",
    put: "if (left === Number.NEGATIVE_INFINITY) throw",
  },
  {
    file: "server/src/store/sqlite/erasure/erasure-statements.ts",
    name: "erasures-of-a-tenant-have-no-bound",
    find: ">= ERASURES_RUNNING_OF_TENANT_MAX)",
    put: ">= Number.MAX_SAFE_INTEGER)",
  },
  {
    file: "server/src/verbs/implementation/erasing.ts",
    name: "the-first-page-of-erasures-is-all",
    find: "after = next;",
    put: "after = null;",
  },
  {
    file: "server/src/lenses/a2a/stream/task-stream.ts",
    name: "a-part-of-a-snapshot-is-one-of-its-event",
    find: "this.#writer.ofSnapshot(event,",
    put: "this.#writer.ofEvent(event,",
  },
  {
    file: "server/src/lenses/a2a/binding/json-rpc.ts",
    name: "an-id-of-any-length-is-repeated",
    find: "if (String(text ?? id).length > ID_CHARACTERS_MAX)",
    put: "if (String(text ?? id).length < 0)",
  },
  {
    file: "server/src/lenses/a2a/stream/frames.ts",
    name: "an-id-may-end-the-line-of-its-frame",
    find: '"id":${oneLine(JSON.stringify(id))},',
    put: '"id":${JSON.stringify(id)},',
  },
  {
    file: "server/src/lenses/a2a/stream/frames.ts",
    name: "each-reader-of-an-a2a-stream-has-large-events-of-its-own",
    find: 'return typeof text === "string" && text.length > LARGE_CHARS ? Buffer.from(text) : text;',
    put: "return text;",
  },
  {
    file: "server/src/lenses/openapi.ts",
    name: "a-document-of-an-api-is-made-in-one-turn",
    find: "    await ownTurn();\n    const piece",
    put: "    const piece",
  },
  {
    file: "server/src/task/json/own-turns.ts",
    name: "all-who-make-long-values-have-the-same-turn",
    find: "waiting.shift()?.();",
    put: "for (const each of waiting.splice(0)) each();",
  },
  {
    file: "server/src/store/codec/spill.ts",
    name: "large-values-of-all-who-write-are-made-in-one-turn",
    find: "      await ownTurn();\n      const stored",
    put: "      const stored",
  },
  {
    file: "server/src/store/codec/spill.ts",
    name: "what-fits-its-row-is-a-file",
    find: "if (bytes <= VALUE_BYTES_MAX) return { sha256: null, bytes, text };",
    put: "",
  },
  {
    file: "server/src/store/codec/parse-in-pieces.ts",
    name: "large-values-of-all-who-read-are-made-in-one-turn",
    find: "    await ownTurn();\n    const piece",
    put: "    const piece",
  },
  {
    file: "server/src/lenses/a2a/stream/frames.ts",
    name: "large-events-of-all-tasks-are-told-in-one-turn",
    find: "if (isLongJson(said, LARGE_CHARS)) await ownTurn();",
    put: "",
  },
  {
    file: "server/src/lenses/a2a/push/format.ts",
    name: "pushes-keep-logs-of-any-size",
    find: " && size <= LOGS_SIZE_MAX",
    put: "",
  },
  {
    file: places,
    name: "the-streams-of-a-caller-hold-what-they-like",
    find: "if (by > 0) this.#mustFit(caller, place);",
    put: "",
  },
  {
    file: protocol,
    name: "a-stream-keeps-all-artifacts-behind-its-snapshot",
    find: "this.#takesSnapshots = false;",
    put: "",
  },
  {
    file: values,
    name: "a-long-text-is-looked-at-at-once",
    find: "    if (isLongText(value)) return yield* this.#textInPieces(value);\n",
    put: "",
  },
  {
    file: values,
    name: "a-piece-of-a-text-ends-within-a-character",
    find: "return isParted ? at + 1 : at;",
    put: "return at;",
  },
  {
    file: "server/src/lenses/shannon/stream-routes.ts",
    name: "each-reader-of-shannons-stream-has-bytes-of-its-own",
    find: "encoded.get(events) ?? Buffer.from(text)",
    put: "Buffer.from(text)",
  },
  {
    file: "server/src/lenses/shannon/stream-routes.ts",
    name: "whoever-resumes-is-sent-all-of-the-batch",
    find: "wanted === everything && areAfter(events, from)",
    put: "wanted === everything",
  },
  {
    file: "server/src/http/connections/long-writes.ts",
    name: "all-readers-of-a-long-log-are-written-to-at-once",
    find: "this.#bytes < TURN_BYTES || ",
    put: "true || ",
  },
  {
    file: "server/src/http/connections/long-writes.ts",
    name: "any-number-of-long-frames-wait",
    find: "this.#waitingBytes += bytes;",
    put: "",
  },
  {
    file: values,
    name: "an-object-handed-over-has-any-keys",
    find: "if (keys.length > this.#keysMax)",
    put: "if (keys.length < 0)",
  },
  {
    file: bodies,
    name: "an-object-of-a-body-has-any-keys",
    find: "values && values.keys > OBJECT_KEYS_MAX",
    put: "values && values.keys < 0",
  },
  {
    file: counted,
    name: "keys-of-several-objects-are-added-up",
    find: "if (this.#open.push(0) > this.depth)",
    put: "if (this.#open.push(this.keys) > this.depth)",
  },
  {
    file: spread,
    name: "keys-of-large-objects-are-shared",
    find: "if (keys.length > SHARED_KEYS_MAX)",
    put: "if (keys.length < 0)",
  },
  {
    file: wrong,
    name: "every-wrong-item-of-a-list-is-looked-at",
    find: "&& payload.issues.length < ISSUES_MAX;",
    put: "&& payload.issues.length >= 0;",
  },
  {
    file: wrong,
    name: "a-wrong-item-is-told-by-its-place-among-those-beside-it",
    find: "[from + Number(at), ...path]",
    put: "[Number(at), ...path]",
  },
  {
    file: stream,
    name: "all-events-of-a-chunk-are-mended-at-once",
    find: "this.#mended < EVENTS_A_TURN &&",
    put: "this.#mended >= 0 &&",
  },
  {
    file: stream,
    name: "events-in-chunks-of-their-own-are-mended-at-once",
    find: "if (isLater) this.#mended = 0;",
    put: "this.#mended = 0;",
  },
  {
    file: tools,
    name: "a-long-result-of-a-tool-is-made-at-once",
    find: "if (!isLongJson(result, LONG_CHARS))",
    put: "if (!isLongJson(result, Number.POSITIVE_INFINITY))",
  },
  {
    file: before,
    name: "calls-of-before-are-held-to-new-bounds",
    find: "return make(BOUNDS_BEFORE);",
    put: "return make();",
  },
  {
    file: frames,
    name: "a-long-text-of-a-stream-is-made-at-once",
    find: "return isLong(said) ? () => oneLineInTurns(said) : oneLine(JSON.stringify(said));",
    put: "return oneLine(JSON.stringify(said));",
  },
  {
    file: texts,
    name: "the-text-of-a-long-value-is-made-at-once",
    find: "if (made === null || ",
    put: "if (made !== null || ",
  },
  {
    file: lists,
    name: "a-long-item-of-a-list-is-made-at-once",
    find: "if (!isLong(item))",
    put: "if (item !== separator)",
  },
  {
    file: pydantic,
    name: "every-fault-of-a-list-is-looked-at",
    find: "at < list.length && told < TOLD_MAX;",
    put: "at < list.length && told >= 0;",
  },
  {
    file: calls,
    name: "a-slow-call-is-told-of-nowhere",
    find: "return ms < slowMs ? outcome :",
    put: "return ms >= 0 ? outcome :",
  },
  {
    file: lines,
    name: "every-slow-call-has-a-line",
    find: "if (now - at < LINE_EVERY_MS)",
    put: "if (now - at < 0)",
  },
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
  {
    file: logs,
    name: "logs-that-nobody-asks-for-are-kept",
    find: "if (first.seq === 1) this.#unasked += 1;",
    put: "",
  },
  {
    file: logs,
    name: "a-question-lets-no-log-be-kept-again",
    find: "this.#unasked = 0;\n    const log",
    put: "const log",
  },
  { file: logs, name: "a-log-with-a-gap-is-whole", find: "if (!isWhole || log.events", put: "if (log.events" },
  {
    file: feed,
    name: "a-tail-is-kept-while-nobody-reads-it-and-has-a-gap",
    find: "topic.followers === 0 || first.seq",
    put: "first.seq",
  },
  {
    file: feed,
    name: "tails-hold-any-bytes",
    find: "if (topic.tailBytes > TAIL_BYTES_MAX || this.#bytes > FEED_BYTES_MAX) this.#clearTail(topic);",
    put: "",
  },
  {
    file: feed,
    name: "a-tail-has-a-gap",
    find: "if (topic.followers === 0 || first.seq !== topic.lastSeq + 1) this.#clearTail(topic);",
    put: "",
  },
  {
    file: feed,
    name: "a-reader-misses-what-comes-while-it-asks",
    hangs: true,
    find: "else if (this.#topic.version === version) this.#hasAllOf = version;",
    put: "else this.#hasAllOf = this.#topic.version;",
  },
  {
    file: streams,
    name: "news-of-a-stream-that-is-being-asked-are-lost",
    find: "else if (!one.hasNews) break;",
    put: "else break;",
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
    file: "server/src/engine/execution/write-buffer.ts",
    name: "each-of-many-details-copies-those-before-it",
    find: "write.record.details = withKeys(write.record.details, details);",
    put: "write.record.details = { ...write.record.details, ...details };",
  },
  {
    file: writer,
    name: "details-take-keys-for-ever",
    find: "if (keys > Math.max(before, OBJECT_KEYS_MAX))",
    put: "if (keys < 0)",
  },
  {
    file: writer,
    name: "details-of-before-take-nothing-more",
    find: "if (keys > Math.max(before, OBJECT_KEYS_MAX))",
    put: "if (keys > OBJECT_KEYS_MAX)",
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
    file: "server/src/store/sqlite/tasks/task-reads.ts",
    name: "one-look-goes-over-all-updates-of-artifacts",
    find: "ORDER BY n LIMIT ${UPDATES_AT_ONCE}",
    put: "ORDER BY n",
  },
  {
    file: "server/src/store/sqlite/tasks/artifact-pages.ts",
    name: "the-first-look-alone-tells-how-large-artifacts-are",
    find: "after = Math.max(after ?? 0, last);",
    put: "after = null;",
  },
  {
    file: "server/src/task/json/json-pieces.ts",
    name: "what-a-value-has-said-of-itself-is-asked-again",
    find: "yield* writtenParts(inner);",
    put: "yield* parts(inner);",
  },
  {
    file: slices,
    name: "a-turn-of-a-sweep-has-no-end",
    find: "while (!isOver());",
    put: "while (isOver);",
  },
  {
    file: slices,
    name: "a-turn-that-is-over-removes-nothing",
    find: "  do if (removeSlice() < size) return true;\n",
    put: "  while (!isOver()) if (removeSlice() < size) return true;\n",
  },
  {
    file: "server/src/store/sqlite/erasure/erasure-places.ts",
    name: "an-erasure-looks-on-when-its-turn-is-over",
    find: "if (next === false || isOver()) break;",
    put: "if (next === false) break;",
  },
  {
    file: "server/src/store/sqlite/thread/writer.ts",
    name: "who-writes-waits-for-an-erasure-behind-it",
    find: '"eraseRecords", ',
    put: "",
  },
  {
    file: "server/src/http/metrics.ts",
    name: "each-scrape-of-one-turn-makes-its-own-page",
    find: "next ??= rendered();",
    put: "next = rendered();",
  },
  {
    file: "server/src/parts/preloading.ts",
    name: "what-is-loaded-ahead-is-loaded-while-the-server-works",
    find: "if (this.#parts.worked() < IDLE_SHARE) ",
    put: "",
  },
  {
    file: "server/src/lenses/a2a/operations/list.ts",
    name: "a-page-of-long-tasks-over-a2a-has-all-of-them",
    find: "if (tasks.length > 0 && size > PAGE_CHARS_MAX) break;",
    put: "",
  },
  {
    file: "server/src/verbs/implementation/task-reading.ts",
    name: "a-message-over-a2a-reads-all-that-was-said-before-it",
    find: "const item = await this.parts.store.lastTold(id);",
    put: "const item = (await this.parts.store.told(id)).at(-1) ?? null;",
  },
  {
    file: bodies,
    name: "what-is-left-of-a-body-with-a-file-has-to-come-fast",
    find: "payload === request.raw",
    put: "payload !== null",
  },
  {
    file: "server/src/lenses/a2a/operations/list.ts",
    name: "a-page-over-a2a-reads-on-behind-what-is-too-long-for-it",
    find: "if (size >= PAGE_CHARS_MAX) break;",
    put: "",
  },
];
// biome-ignore-end lint/suspicious/noTemplateCurlyInString: these are texts of other files
