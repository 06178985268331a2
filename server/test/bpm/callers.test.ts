/** Who may read a task by the BPM API, what strangers are told, and where its links lead. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { startTestServer, type TestServer } from "../server.ts";

const BASE = "/bpm/api/4.0";

let server: TestServer;
let ada = "";
let bob = "";
let looker = "";
let number = 0;
let id = "";
beforeAll(async () => {
  server = await startTestServer({
    mode: "serve",
    keys: [{ user: "ada" }, { user: "bob", scopes: ["tasks"] }, { user: "looker", scopes: ["tasks:all"] }],
    config: { publicUrl: "https://tasks.example/way" },
  });
  [ada = "", bob = "", looker = ""] = server.secrets;
  const json = { kind: "external", input: { queue: "q", payload: { amount: 12 } } };
  const made = await server.call("/v1/tasks", { json, key: ada });
  ({ number, id } = z.object({ number: z.int(), id: z.string() }).parse(await made.json()));
});
afterAll(() => server.stop());

async function read(path: string, authorization?: string) {
  const headers = { ...(authorization !== undefined && { authorization }) };
  const response = await server.call(path.startsWith("/") ? path : `${BASE}/tasks/${path}`, { headers });
  return { status: response.status, headers: response.headers, body: await response.json() };
}
const basic = (key: string, user = "anyone") => `Basic ${Buffer.from(`${user}:${key}`).toString("base64")}`;

describe("callers of the BPM API", () => {
  it("come with their key as a token, or as a password whoever they say they are", async () => {
    for (const authorization of [`Bearer ${ada}`, `bearer ${ada}`, basic(ada), basic(ada, "ada")]) {
      expect((await read(String(number), authorization)).status).toBe(200);
    }
  });

  it.each([
    ["none", undefined],
    ["a wrong password", basic("wrong")],
    ["an unknown token", "Bearer sk_unknown"],
    ["a scheme that is none", "Digest x"],
    ["no credentials", "Basic"],
    ["a key alone", "sk_unknown"],
  ])("with %s are told to authenticate, by each path and whatever else is wrong", async (_, authorization) => {
    for (const path of [
      String(number),
      `${number}?expand=foo`,
      "4711",
      "/bpm/api/3.0/tasks/1",
      "/ic/api/process/v1/tasks/1/comments",
    ]) {
      const { status, headers, body } = await read(path, authorization);
      expect([status, headers.get("www-authenticate")]).toEqual([401, 'Basic realm="bpm", Bearer']);
      expect(body).toMatchObject({ title: "Unauthorized", status: 401, "o:errorCode": "BPM-UNAUTHORIZED" });
    }
  });

  it("are not told whether a task is unknown, or another's", async () => {
    const foreign = await read(String(number), `Bearer ${bob}`);
    const unknown = await read("4711", `Bearer ${bob}`);
    const nameless = await read(id, `Bearer ${bob}`);
    const generalise = ({ body }: { body: unknown }, name: string) =>
      JSON.stringify(body)
        .replace(name, "?")
        .replace(/"requestId":"[^"]*"/, "");
    expect([foreign.status, unknown.status]).toEqual([404, 404]);
    expect(generalise(foreign, String(number))).toEqual(generalise(unknown, "4711"));
    expect(generalise(nameless, id)).toEqual(generalise(unknown, "4711"));
    expect((await read(String(number), `Bearer ${looker}`)).status).toBe(200);
  });

  it("find all that a task links to, below the address that the server is known by", async () => {
    const { body } = await read(`${number}?metadataFlag=true`, `Bearer ${ada}`);
    const hrefs = Array.from(JSON.stringify(body).matchAll(/"href":"([^"]*)"/g), ([, href = ""]) => href);
    expect(hrefs.length).toBeGreaterThan(9);
    for (const href of hrefs) {
      expect(href).toMatch(/^https:\/\/tasks\.example\/way\//);
      const response = await server.call(href.slice("https://tasks.example/way".length).replace(/#.*/, ""), {
        key: ada,
      });
      // The dashboard's files may not be built where the tests run.
      expect([href, response.status]).toEqual([href, href.includes("/dashboard/") ? expect.any(Number) : 200]);
      await response.body?.cancel();
    }
  });

  it("read the payload as JSON, and as XML when that is all they take", async () => {
    const get = (accept: string) => server.call(`${BASE}/tasks/${number}/payload`, { key: ada, headers: { accept } });
    expect(await (await get("*/*")).json()).toEqual({ queue: "q", payload: { amount: 12 } });
    const json = await get("application/xml, application/json");
    expect(await json.json()).toMatchObject({ queue: "q" });
    const xml = await get("application/xml");
    // Each has a tag of its own, and none is kept for anybody else.
    expect(xml.headers.get("etag")).not.toBe(json.headers.get("etag"));
    for (const { headers } of [json, xml]) expect(headers.get("cache-control")).toBe("private, no-cache");
    expect(xml.headers.get("content-type")).toBe("application/xml; charset=utf-8");
    expect(await xml.text()).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<payload><queue>q</queue><payload><amount>12</amount></payload></payload>',
    );
    const full = await server.call(`${BASE}/tasks/${number}/payload?type=full`, { key: ada });
    expect(await full.json()).toMatchObject({ input: { queue: "q" } });
    expect((await server.call(`${BASE}/tasks/${number}/payload?type=half`, { key: ada })).status).toBe(400);
  });
});
