import type { SearchHit, TaskSummary, VectorStore, VectorStoreFile, VectorStoreSummary } from "./generated/api.ts";
import { newIdempotencyKey } from "./idempotency-key.ts";
import { type Answer, type CallOptions, perform, type Request } from "./operation.ts";
import { type CountedPages, counted, listed, type Pages } from "./pages.ts";
import type { Transport } from "./transport.ts";

export type VectorStoreDraft = Request<"createVectorStore">["body"];
export type VectorStoreUpdate = Request<"updateVectorStore">["body"];
export type AddedFile = Request<"addVectorStoreFiles">["body"]["files"][number];
export type Attributes = Request<"updateVectorStoreFile">["body"]["attributes"];
export type VectorStoreFileFilter = Omit<NonNullable<Request<"listVectorStoreFiles">["query"]>, "cursor">;
export type SearchOptions = CallOptions & Omit<Request<"searchVectorStore">["body"], "query">;

/** Files that are searched together. What changes which are in a store is a task: the `task_id` of the answer. */
export class VectorStoresClient {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Resolves when it is there; its task embeds the files. A repeated try is the same store. */
  create(draft: VectorStoreDraft = {}, options: CallOptions & { idempotencyKey?: string } = {}): Promise<VectorStore> {
    const { signal, idempotencyKey = newIdempotencyKey() } = options;
    return perform(this.#transport, "createVectorStore", { body: draft }, { signal, idempotencyKey });
  }

  /** Newest first. Deleting on the way skips none. */
  list(options: CallOptions = {}): Pages<VectorStore> {
    return listed((query) => perform(this.#transport, "listVectorStores", { query }, options));
  }

  /** Rejects with `not_found` when there is none. */
  get(id: string, options: CallOptions = {}): Promise<VectorStore> {
    return perform(this.#transport, "getVectorStore", { params: { id } }, options);
  }

  /** What is left out stays. */
  update(id: string, update: VectorStoreUpdate, options: CallOptions = {}): Promise<VectorStore> {
    return perform(this.#transport, "updateVectorStore", { params: { id }, body: update }, options);
  }

  /** It is gone at once, and its files stay. */
  delete(id: string, options: CallOptions = {}): Promise<Answer<"deleteVectorStore">> {
    return perform(this.#transport, "deleteVectorStore", { params: { id } }, options);
  }

  /** Files that are in it already are embedded anew. Not tried again by itself. */
  async addFiles(id: string, files: AddedFile[], options: CallOptions = {}): Promise<VectorStoreFile[]> {
    const request = { params: { id }, body: { files } };
    return (await perform(this.#transport, "addVectorStoreFiles", request, options)).data;
  }

  /** The newest in it first. */
  files(id: string, filter: VectorStoreFileFilter = {}, options: CallOptions = {}): Pages<VectorStoreFile> {
    return listed((cursor) => {
      const request = { params: { id }, query: { ...filter, ...cursor } };
      return perform(this.#transport, "listVectorStoreFiles", request, options);
    });
  }

  /** One of its files: how far the embedding is, and its attributes. */
  file(id: string, fileId: string, options: CallOptions = {}): Promise<VectorStoreFile> {
    return perform(this.#transport, "getVectorStoreFile", { params: { id, file_id: fileId } }, options);
  }

  /** Replaces the attributes that searches filter by. */
  setAttributes(
    id: string,
    fileId: string,
    attributes: Attributes,
    options: CallOptions = {},
  ): Promise<VectorStoreFile> {
    const request = { params: { id, file_id: fileId }, body: { attributes } };
    return perform(this.#transport, "updateVectorStoreFile", request, options);
  }

  /** The file itself stays. */
  async removeFile(id: string, fileId: string, options: CallOptions = {}): Promise<void> {
    await perform(this.#transport, "removeVectorStoreFile", { params: { id, file_id: fileId } }, options);
  }

  /** Passages that answer the question, or one of several, best first. */
  async search(id: string, query: string | string[], options: SearchOptions = {}): Promise<SearchHit[]> {
    const { signal, ...how } = options;
    const request = { params: { id }, body: { query, ...how } };
    return (await perform(this.#transport, "searchVectorStore", request, { signal })).data;
  }

  /** What its files say, in at most so many tokens. */
  summary(id: string, options: CallOptions & { tokens?: number } = {}): Promise<VectorStoreSummary> {
    const { signal, ...query } = options;
    return perform(this.#transport, "getVectorStoreSummary", { params: { id }, query }, { signal });
  }

  /** Those that work or have worked on it, newest first. */
  tasks(id: string, options: CallOptions = {}): CountedPages<TaskSummary> {
    return counted((query) => perform(this.#transport, "listVectorStoreTasks", { params: { id }, query }, options));
  }
}
