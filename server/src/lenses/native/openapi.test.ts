import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { STATES } from "../../task/states.ts";
import { documentInTurns, openapiDocument } from "../openapi.ts";
import { docsPage } from "./docs.ts";
import { nativeLens } from "./routes.ts";

const routes = nativeLens.routes.filter(({ hidden }) => !hidden);
const document = openapiDocument(nativeLens, { version: "1.2.3", mount: "" });
const text = JSON.stringify(document);

describe("the OpenAPI document", () => {
  it("is made in as many turns as it has routes and more, as the page for people is, for whoever asks for it", async () => {
    const at = { version: "1.2.3", mount: "" };
    for (const make of [() => documentInTurns(nativeLens, at), () => docsPage({ routes, version: at.version })]) {
      let turns = 0;
      let isMade = false;
      const making = make().finally(() => (isMade = true));
      for (; !isMade; turns++) await nextTurn();
      await making;
      expect(turns).toBeGreaterThan(2 * routes.length);
    }
    expect(JSON.parse(String(await documentInTurns(nativeLens, at)))).toEqual(document);
  });

  it("has every route once, under a name of its own", () => {
    const names = [...text.matchAll(/"operationId":"(\w+)"/g)].map(([, name]) => name);
    expect(names.toSorted()).toEqual(routes.map(({ id }) => id).toSorted());
    expect(new Set(names).size).toBe(names.length);
  });

  it("has every schema and answer that it refers to", () => {
    const { components } = z
      .object({ components: z.record(z.string(), z.record(z.string(), z.unknown())) })
      .parse(document);
    const references = new Set(
      [...text.matchAll(/"\$ref":"#\/components\/(\w+)\/(\w+)"/g)].map(([, kind, name]) => `${kind}/${name}`),
    );
    expect(references.size).toBeGreaterThan(20);
    for (const reference of references) {
      const [kind = "", name = ""] = reference.split("/");
      expect([reference, typeof components[kind]?.[name]]).toEqual([reference, "object"]);
    }
    expect(text).not.toContain("$defs");
    expect(text).not.toContain('"wire"');
  });

  it("has no schema that is nothing but a reference to itself", () => {
    const { components } = z
      .object({ components: z.object({ schemas: z.record(z.string(), z.json()) }) })
      .parse(document);
    for (const [name, schema] of Object.entries(components.schemas)) {
      expect(schema).not.toEqual({ $ref: `#/components/schemas/${name}` });
    }
    expect(components.schemas["State"]).toMatchObject({ enum: [...STATES] });
  });

  it("says of every call how it fails", () => {
    const operations = z
      .object({
        paths: z.record(z.string(), z.record(z.string(), z.object({ responses: z.record(z.string(), z.unknown()) }))),
      })
      .parse(document);
    for (const [path, methods] of Object.entries(operations.paths)) {
      for (const { responses } of Object.values(methods)) {
        const statuses = Object.keys(responses);
        expect(statuses).toEqual(expect.arrayContaining(["400", "401", "500", "503"]));
        if (path.includes("{")) expect(statuses).toContain("404");
      }
    }
  });
});
