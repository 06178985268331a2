import { expect, it } from "vitest";
import { newForm, oldForm } from "./canonical-form.ts";

it("a card of 0.3 has the canonical form that the SDK for Python, of 0.3.26, makes of it", () => {
  const url = "https://example.com/a2a/0.3/";
  const card = {
    ...{ name: "Größe ☃ 😀", description: 'A "quoted" / text\u0007', version: "2", url },
    ...{ protocolVersion: "0.3.0", preferredTransport: "JSONRPC", iconUrl: "" },
    provider: { url: "https://x.example", organization: "Ö" },
    additionalInterfaces: [{ url, transport: "JSONRPC" }],
    capabilities: {
      ...{ streaming: true, stateTransitionHistory: false },
      extensions: [{ uri: "https://example.com/ext/1", required: false, params: { b: 1, a: ["z", 2.5, {}] } }],
    },
    defaultInputModes: ["text/plain"],
    defaultOutputModes: [],
    skills: [{ id: "a", name: "A", description: "does", tags: ["x"], examples: ["é"] }],
    securitySchemes: { bearer: { type: "http", scheme: "bearer" }, key: { type: "apiKey", in: "header", name: "X" } },
    security: [{ bearer: [] }, { key: [] }],
    signatures: [{ protected: "a", signature: "b" }],
  };
  expect(oldForm(card)).toBe(
    [
      `{"additionalInterfaces":[{"transport":"JSONRPC","url":"${url}"}],`,
      '"capabilities":{"extensions":[{"params":{"a":["z",2.5],"b":1},"required":false,"uri":"https://example.com/ext/1"}],',
      '"stateTransitionHistory":false,"streaming":true},"defaultInputModes":["text/plain"],',
      String.raw`"description":"A \"quoted\" / text\u0007","name":"Gr\u00f6\u00dfe \u2603 \ud83d\ude00",`,
      String.raw`"provider":{"organization":"\u00d6","url":"https://x.example"},`,
      '"securitySchemes":{"bearer":{"scheme":"bearer"},"key":{"in":"header","name":"X"}},',
      String.raw`"skills":[{"description":"does","examples":["\u00e9"],"id":"a","name":"A","tags":["x"]}],`,
      `"url":"${url}","version":"2"}`,
    ].join(""),
  );
});

it("a card of 1.0 has the canonical form that the SDK for Python, of 1.3.0, makes of it: with how callers are known", () => {
  const card = {
    ...{ name: "Größe ☃", description: "", version: "2", defaultInputModes: ["text/plain"] },
    supportedInterfaces: [{ url: "https://example.com/a2a/", protocolBinding: "JSONRPC", protocolVersion: "1.0" }],
    capabilities: {
      ...{ streaming: true, pushNotifications: false },
      extensions: [{ uri: "https://example.com/ext/1", required: false, params: { a: [1, {}] } }],
    },
    securitySchemes: { bearer: { httpAuthSecurityScheme: { scheme: "Bearer" } } },
    securityRequirements: [{ schemes: { bearer: { list: [] } } }],
    signatures: [{ protected: "a", signature: "b" }],
  };
  expect(newForm(card)).toBe(
    [
      '{"capabilities":{"extensions":[{"params":{"a":[1]},"uri":"https://example.com/ext/1"}],"pushNotifications":false,',
      '"streaming":true},"defaultInputModes":["text/plain"],"name":"Größe ☃",',
      '"securitySchemes":{"bearer":{"httpAuthSecurityScheme":{"scheme":"Bearer"}}},"supportedInterfaces":[',
      '{"protocolBinding":"JSONRPC","protocolVersion":"1.0","url":"https://example.com/a2a/"}],"version":"2"}',
    ].join(""),
  );
});
