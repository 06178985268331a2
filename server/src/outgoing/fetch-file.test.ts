import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fetchFile } from "./fetch-file.ts";
import { GuardedClient } from "./guarded-client.ts";
import { Reach } from "./reach.ts";

let origin: Server;
let url = "";
beforeAll(async () => {
  origin = createServer((request, response) => {
    const [, kind = "", rest = ""] = (request.url ?? "").split("/");
    if (kind === "redirect")
      response.writeHead(302, { location: rest === "0" ? "/file" : `/redirect/${Number(rest) - 1}` });
    else if (kind === "away") response.writeHead(302, { location: "file:///etc/passwd" });
    else if (kind === "file") response.writeHead(200, { "content-type": "text/plain; charset=utf-8" });
    else response.writeHead(404);
    response.end("Hello");
  });
  origin.listen(0, "127.0.0.1");
  await once(origin, "listening");
  const address = origin.address();
  url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
});
afterAll(() => {
  origin.close();
  origin.closeAllConnections();
});

const anywhere = new GuardedClient(Reach.everywhere);
const guarded = new GuardedClient(new Reach({ allow: [], ports: "any" }));
afterAll(() => Promise.all([anywhere.close(), guarded.close()]));

const fetched = (path: string, client = anywhere) =>
  fetchFile(path, { client, signal: new AbortController().signal }, async (body) =>
    Buffer.concat(await body.toArray()).toString(),
  );

describe("a file", () => {
  it("is fetched, over three redirects and no more", async () => {
    expect(await fetched(`${url}/file`)).toEqual({ taken: "Hello", mediaType: "text/plain" });
    expect((await fetched(`${url}/redirect/2`)).taken).toBe("Hello");
    await expect(fetched(`${url}/redirect/3`)).rejects.toThrow("more than 3 redirects");
  });

  it("that is not there says so, and no redirect leads out of the web", async () => {
    await expect(fetched(`${url}/nothing`)).rejects.toThrow("download failed, HTTP 404");
    await expect(fetched(`${url}/away`)).rejects.toThrow("file: is not sent to");
  });

  it("is not fetched from this machine, by number or by name, at the connection either", async () => {
    await expect(fetched(`${url}/file`, guarded)).rejects.toThrow("is not an address of the internet");
    const named = url.replace("127.0.0.1", "localhost");
    await expect(fetched(`${named}/file`, guarded)).rejects.toThrow("is not an address of the internet");
  });
});
