import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isPublic, mustBePublic } from "./addresses.ts";
import { fetchFile, type Reach } from "./fetch-file.ts";

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

const fetched = (path: string, reach: Reach = "any") =>
  fetchFile(path, { reach, signal: new AbortController().signal }, async (body) =>
    Buffer.concat(await body.toArray()).toString(),
  );

describe("an address", () => {
  it("is public when it is of the internet, however it is written", () => {
    const hidden = ["127.0.0.1", "10.1.2.3", "172.31.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"];
    const hidden6 = [
      "::1",
      "::",
      "fe80::1",
      "fc00::1",
      "ff02::1",
      "::ffff:127.0.0.1",
      "::ffff:a00:1",
      "64:ff9b::7f00:1",
    ];
    for (const address of [...hidden, "224.0.0.1", "255.255.255.255", ...hidden6, "2002:7f00:1::", "nonsense"])
      expect([address, isPublic(address)]).toEqual([address, false]);
    for (const address of ["1.1.1.1", "172.32.0.1", "2606:4700::1111"])
      expect([address, isPublic(address)]).toEqual([address, true]);
  });

  it("of this machine is refused, as a number and as a name", async () => {
    for (const text of [
      "http://127.0.0.1/",
      "http://2130706433/",
      "http://0x7f.1/",
      "http://[::1]/",
      "http://localhost/",
    ])
      await expect(mustBePublic(new URL(text)), text).rejects.toThrow("is not an address of the internet");
    await mustBePublic(new URL("https://1.1.1.1/"));
  });
});

describe("a file", () => {
  it("is fetched, over three redirects and no more", async () => {
    expect(await fetched(`${url}/file`)).toEqual({ taken: "Hello", mediaType: "text/plain" });
    expect((await fetched(`${url}/redirect/2`)).taken).toBe("Hello");
    await expect(fetched(`${url}/redirect/3`)).rejects.toThrow("more than 3 redirects");
  });

  it("that is not there says so, and no redirect leads out of the web", async () => {
    await expect(fetched(`${url}/nothing`)).rejects.toThrow("download failed, HTTP 404");
    await expect(fetched(`${url}/away`)).rejects.toThrow("file: is not fetched");
  });

  it("is not fetched from this machine, by number or by name, at the connection either", async () => {
    await expect(fetched(`${url}/file`, "public")).rejects.toThrow("is not an address of the internet");
    const named = url.replace("127.0.0.1", "localhost");
    await expect(fetched(`${named}/file`, "public")).rejects.toThrow("is not an address of the internet");
  });
});
