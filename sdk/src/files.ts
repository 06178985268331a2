import { Deadline } from "./deadline.ts";
import type { FileAnalysis, FilePage, StoredFile, TaskSummary } from "./generated/api.ts";
import { newIdempotencyKey } from "./idempotency-key.ts";
import { type CallOptions, pathOf, perform, type Request } from "./operation.ts";
import { type CountedPages, counted, listed, Pages } from "./pages.ts";
import type { Transport } from "./transport.ts";

export type FileFilter = Omit<NonNullable<Request<"listFiles">["query"]>, "cursor">;
export type AnalysisDraft = Request<"analyzeFile">["body"];

/** What is said of a file that is uploaded. */
export type UploadOptions = CallOptions &
  NonNullable<Request<"uploadFile">["query"]> & {
    /** A name of yours for this upload: the same one again, within 24 h, gives the same file. Made when absent. */
    idempotencyKey?: string;
  };

/** Files that were uploaded: each is read by a task, whose id is its `task_id`. */
export class FilesClient {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * Resolves when the bytes are on the server's disk and the task that reads them has begun; there is no time limit beside
   * `signal`. A `File` has its name with it, any other blob needs a `filename`. In Node.js, `fs.openAsBlob(path)` streams
   * from the disk.
   */
  upload(file: Blob, options: UploadOptions = {}): Promise<StoredFile> {
    const { signal, idempotencyKey = newIdempotencyKey(), ...said } = options;
    const query = { ...(file instanceof File && { filename: file.name }), ...said };
    const waitMs = Number.POSITIVE_INFINITY;
    return perform(this.#transport, "uploadFile", { query }, { signal, idempotencyKey, waitMs, bytes: file });
  }

  /** Newest first. Deleting on the way skips none. */
  list(filter: FileFilter = {}, options: CallOptions = {}): Pages<StoredFile> {
    return listed((cursor) => perform(this.#transport, "listFiles", { query: { ...filter, ...cursor } }, options));
  }

  get(id: string, options: CallOptions = {}): Promise<StoredFile> {
    return perform(this.#transport, "getFile", { params: { id } }, options);
  }

  /** The bytes as they were uploaded. Read the stream to its end, or cancel it. */
  async download(id: string, { signal }: CallOptions = {}): Promise<ReadableStream<Uint8Array>> {
    const deadline = new Deadline(this.#transport.timeoutMs, signal);
    const { body } = await this.#transport.open({ method: "GET", path: pathOf("getFileContent", { id }) }, deadline);
    // From here on it takes as long as its reader does.
    deadline.extend(Number.POSITIVE_INFINITY);
    const end = new TransformStream<Uint8Array, Uint8Array>({ flush: () => deadline.clear() });
    return (body ?? new Blob().stream()).pipeThrough(end);
  }

  /** What was read from it, as far as it has been: Markdown, page by page. */
  pages(id: string, options: CallOptions = {}): CountedPages<FilePage> {
    return new Pages(async (start) => {
      const query = start === undefined ? {} : { start: Number(start) };
      const request = { params: { id }, query };
      const { data, total, next } = await perform(this.#transport, "listFilePages", request, options);
      return { items: data, total, next: next === null ? null : String(next) };
    });
  }

  /** What analyses have made of it so far. */
  analysis(id: string, options: CallOptions = {}): Promise<FileAnalysis> {
    return perform(this.#transport, "getFileAnalysis", { params: { id } }, options);
  }

  /** Begins a task: the answer's `task_id`. Not tried again by itself. */
  analyze(id: string, wanted: AnalysisDraft, options: CallOptions = {}): Promise<StoredFile> {
    return perform(this.#transport, "analyzeFile", { params: { id }, body: wanted }, options);
  }

  /** Those that work or have worked on it, newest first. */
  tasks(id: string, options: CallOptions = {}): CountedPages<TaskSummary> {
    return counted((query) => perform(this.#transport, "listFileTasks", { params: { id }, query }, options));
  }

  /** It leaves every vector store, and its tasks are cancelled. */
  async delete(id: string, options: CallOptions = {}): Promise<void> {
    await perform(this.#transport, "deleteFile", { params: { id } }, options);
  }
}
