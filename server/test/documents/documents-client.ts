/** Calls of the documents lens, as a client without a library makes them. */

export type Json = ReturnType<typeof JSON.parse>;

export type DocumentsClient = {
  ask: (path: string, init?: RequestInit & { json?: unknown; key?: string }) => Promise<Answered>;
  upload: (text: string | Uint8Array, fields?: Record<string, string>, filename?: string) => Promise<Answered>;
  /** The task once it has ended. */
  ended: (id: string) => Promise<Json>;
};
export type Answered = { status: number; headers: Headers; text: string; body: Json };

/** `url` is the root of the lens. */
export function documentsClient(url: string): DocumentsClient {
  const ask: DocumentsClient["ask"] = async (path, { json, key, headers, ...init } = {}) => {
    const sent = new Headers(headers);
    if (key !== undefined) sent.set("authorization", `Bearer ${key}`);
    if (json !== undefined) sent.set("content-type", "application/json");
    const body = json === undefined ? {} : { method: "POST", body: JSON.stringify(json) };
    const response = await fetch(url + path, { ...body, ...init, headers: sent });
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.includes("json") ?? false;
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: isJson && text !== "" ? JSON.parse(text) : null,
    };
  };
  return {
    ask,
    upload: (text, fields = {}, filename = "a.txt") => {
      const form = new FormData();
      for (const [name, value] of Object.entries(fields)) form.append(name, value);
      form.append("file", new File([text], filename, { type: "text/plain" }));
      return ask("/v1/files", { method: "POST", body: form });
    },
    ended: async (id) => {
      for (;;) {
        const { body } = await ask(`/v1/tasks/${id}`);
        if (!["pending", "in_progress"].includes(body.status)) return body;
      }
    },
  };
}
