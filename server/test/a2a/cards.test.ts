/** Cards as a deployment wants them, signed with its own key; and those of agents that callers have made. */
import { createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { AgentCard, verifyAgentCardSignature } from "@a2a-js/sdk";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { newForm, oldForm } from "../../src/lenses/a2a/card/canonical-form.ts";
import { type JsonObject, jsonObject } from "../../src/task/json/json.ts";
import { startTestServer, type TestServer } from "../server.ts";
import { plain } from "./agents.ts";
import { ask, dig } from "./client.ts";

const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const cardKey = privateKey.export({ format: "pem", type: "pkcs8" }).toString();

let server: TestServer;
let ada = "";
let eve = "";
beforeAll(async () => {
  server = await startTestServer({
    mode: "serve",
    keys: [{ user: "ada" }, { tenant: "others", user: "eve" }],
    config: { agents: [plain], lenses: { a2a: { cardWithoutVersion: "1.0", cardKey } } },
  });
  [ada = "", eve = ""] = server.secrets;
});
afterAll(() => server.stop());

const keySet = z.object({ keys: z.array(z.looseObject({ kid: z.string(), kty: z.string() })) });
const oldSignature = z.object({ protected: z.string(), signature: z.string() });
const object = z.record(z.string(), z.unknown());

async function read(path: string, init: Parameters<TestServer["call"]>[1] = {}) {
  const response = await server.call(path, init);
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: object.parse(JSON.parse(text || "{}")) };
}
const cardAt = (base: string, key?: string) => read(`${base}/.well-known/agent-card.json`, key ? { key } : {});

/** As a client does it: by the key that the signature names, read where the signature says. */
async function verified(card: unknown): Promise<string> {
  let read = "";
  await verifyAgentCardSignature(async (kid, jku = "") => {
    read = jku;
    const { keys } = keySet.parse(await (await fetch(jku)).json());
    const found = keys.find((key) => key.kid === kid);
    if (found === undefined) throw new Error("no such key");
    return found;
  })(AgentCard.fromJSON(card));
  return read;
}

it("a card is of the version that the deployment wants where none is asked for, and signed with its key", async () => {
  const { body, headers } = await cardAt("/a2a");
  expect(body).not.toHaveProperty("protocolVersion");
  const header = Buffer.from(String(dig(body, "signatures", 0, "protected")), "base64url").toString();
  expect(JSON.parse(header)).toMatchObject({ alg: "ES256", typ: "JOSE", kid: expect.any(String) });
  expect(await verified(body)).toBe(`${server.url}/a2a/.well-known/jwks.json`);
  await expect(verified({ ...body, description: "Somebody else." })).rejects.toThrow();
  const again = await cardAt("/a2a");
  expect(again.body).toEqual(body);
  expect(again.headers.get("etag")).toBe(headers.get("etag"));
  expect(headers.get("cache-control")).toBe("public, max-age=300");
  const keys = await read("/a2a/.well-known/jwks.json");
  expect(keys.body).toMatchObject({ keys: [{ kty: "EC", crv: "P-256", use: "sig" }] });
  expect(JSON.stringify(keys.body)).not.toContain('"d"');
});

it("a card of 0.3 is signed with the same key, also the extended one; one of both versions is not", async () => {
  const asked = { headers: { "a2a-version": "0.3" } };
  const { body } = await read("/a2a/.well-known/agent-card.json", asked);
  const { result } = await ask(server, "J3", "card", {}, { key: ada });
  const [jwk] = keySet.parse((await read("/a2a/.well-known/jwks.json")).body).keys;
  if (jwk === undefined) throw new Error("There is no key.");
  const key = createPublicKey({ key: jwk, format: "jwk" });
  const isSigned = (card: JsonObject, form = oldForm) => {
    const { protected: head, signature } = oldSignature.parse(dig(card, "signatures", form === newForm ? 1 : 0));
    expect(JSON.parse(Buffer.from(head, "base64url").toString())).toMatchObject({ alg: "ES256", kid: jwk.kid });
    const signed = Buffer.from(`${head}.${Buffer.from(form(card)).toString("base64url")}`);
    return verify("sha256", signed, { key, dsaEncoding: "ieee-p1363" }, Buffer.from(signature, "base64url"));
  };
  for (const card of [jsonObject.parse(body), jsonObject.parse(result)]) {
    expect(isSigned(card)).toBe(true);
    expect(isSigned({ ...card, description: "Somebody else." })).toBe(false);
  }
  // Of 1.0 the second signature is over the whole card, how callers are known included.
  const fresh = jsonObject.parse((await cardAt("/a2a")).body);
  expect(isSigned(fresh, newForm)).toBe(true);
  expect(isSigned({ ...fresh, securitySchemes: {} }, newForm)).toBe(false);
  const both = await startTestServer({ config: { agents: [plain] } });
  expect(await (await both.call("/a2a/.well-known/agent-card.json")).json()).not.toHaveProperty("signatures");
  await both.stop();
});

it("a card that is extended is signed too, and says how callers are known", async () => {
  const { result } = await ask(server, "J1", "card", {}, { key: ada });
  await verified(result);
  expect(result).toMatchObject({
    securitySchemes: { bearer: { httpAuthSecurityScheme: { scheme: "Bearer" } } },
    securityRequirements: [{ schemes: { bearer: { list: [] } } }, {}, {}],
  });
});

it("an agent that a caller makes presents itself as its maker says, to those who may use it", async () => {
  const skill = {
    id: "rhyme",
    name: "Rhyme",
    description: "Makes rhymes.",
    tags: ["verse"],
    examples: ["Rhyme on sea."],
  };
  const card = {
    ...{
      version: "3.1.0",
      skills: [{ ...skill, input_modes: ["text/plain"] }],
      documentation_url: "https://example.com/",
    },
    ...{ input_modes: ["text/plain"], output_modes: ["text/markdown"] },
    provider: { organization: "Ada", url: "https://example.com/ada" },
    extended: { description: "Makes rhymes of any kind.", skills: [{ ...skill, id: "ode" }] },
  };
  const made = await read("/v1/agents", { key: ada, json: { name: "Poet", card } });
  expect([made.status, made.body["card"]]).toEqual([201, card]);
  const { body, headers } = await cardAt("/a2a/poet", ada);
  await verified(body);
  // The same address shows another card to another tenant, and to another version.
  expect(headers.get("cache-control")).toBe("private, max-age=300");
  for (const name of ["A2A-Version", "Origin"]) expect(headers.get("vary")).toContain(name);
  expect(body).toMatchObject({
    ...{ name: "Poet", version: "3.1.0", documentationUrl: "https://example.com/", provider: card.provider },
    ...{ defaultInputModes: ["text/plain"], defaultOutputModes: ["text/markdown"] },
    skills: [{ ...skill, inputModes: ["text/plain"] }],
  });
  const more = await ask(server, "J1", "card", {}, { key: ada, base: "/a2a/poet" });
  expect(more.result).toMatchObject({
    description: card.extended.description,
    skills: [{ id: "rhyme" }, { id: "ode" }],
  });
  expect((await cardAt("/a2a/poet")).status).toBe(404);
  expect((await cardAt("/a2a/poet", eve)).status).toBe(404);

  const json = { tags: ["verse"] };
  const patched = await read("/v1/agents/poet", { method: "PATCH", key: ada, json, headers: { "if-match": "*" } });
  expect(patched.body["card"]).toEqual(card);
  const without = await read("/v1/agents/poet", { method: "PATCH", key: ada, json: { card: null } });
  expect(without.body["card"]).toBeNull();
  expect((await cardAt("/a2a/poet", ada)).body).toMatchObject({ version: "3.0.0", skills: [{ id: "poet" }] });
  const refused = await read("/v1/agents", { key: ada, json: { name: "Other", card: { skills: [] } } });
  expect(refused.status).toBe(400);
});
