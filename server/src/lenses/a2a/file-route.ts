/** The bytes of a file that came with a task, where what was shown of it gave an address in their place. */
import { type Route, route } from "../route.ts";
import { BASE_PARAM, ID_PARAM } from "./binding/parameters.ts";

export const fileRoute: Route = route({
  method: "GET",
  path: "/{base}/files/{id}/{sha256}",
  id: "get_file",
  scope: "tasks",
  tag: "Files",
  summary: "Read a file of a task",
  params: {
    ...BASE_PARAM,
    id: ID_PARAM,
    sha256: { about: "Of its bytes.", is: (text) => /^[0-9a-f]{64}$/.test(text) },
  },
  answers: [{ status: 200, about: "Its bytes.", mediaType: "application/octet-stream" }],
  handle: async ({ principal, verbs, params }) => {
    const { size, bytes } = await verbs.tasks.file(principal, params.id, params.sha256);
    const headers = {
      "content-type": "application/octet-stream",
      "content-disposition": "attachment",
      "content-length": String(size),
      etag: `"${params.sha256}"`,
    };
    return { status: 200, file: bytes, headers };
  },
});
