/** The command line on files and vector stores, against a real server that reads, embeds and finds. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Waybill } from "@waybill/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Ended, runWaybill } from "./command.ts";
import { startTestServer, type TestServer } from "./server.ts";

let server: TestServer;
let folder = "";
beforeAll(async () => {
  server = await startTestServer();
  folder = await mkdtemp(join(tmpdir(), "waybill-cli-files-"));
  await writeFile(join(folder, "pumps.md"), "# Spare parts\n\nFor the pump order part XK-4711-B.\n");
  await writeFile(join(folder, "rivers.txt"), "The Danube flows into the Black Sea.\n");
  await writeFile(join(folder, "broken.pdf"), "%PDF-1.7\nthis is no PDF");
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

const waybill = (...args: string[]): Promise<Ended> => runWaybill(args, { WAYBILL_URL: server.url, NO_COLOR: "1" });
const path = (name: string) => join(folder, name);

describe("waybill files", () => {
  it("uploads many, says which could not be read, and puts the others into a store that is searched", async () => {
    const added = await waybill("files", "add", path("pumps.md"), path("rivers.txt"), "--store", "Handbook");
    expect([added.code, added.out.trim().split("\n")]).toEqual([0, [expect.any(String), expect.any(String)]]);
    expect(added.talk).toContain("In Handbook (vs_");
    const found = await waybill("search", "XK-4711-B", "--json", "--limit", "1");
    expect(JSON.parse(found.out)).toMatchObject({ filename: "pumps.md" });
    const shown = await waybill("search", "Where does the river flow?", "--store", "Handbook");
    expect(shown.out).toContain("rivers.txt");
    const broken = await waybill("files", "add", path("broken.pdf"), path("nowhere.md"), "--json");
    expect(broken.code).toBe(1);
    const lines = broken.out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines).toMatchObject([
      { path: path("broken.pdf"), failure: expect.stringMatching(/^\w+: /) },
      { path: path("nowhere.md"), file: null, failure: "There is no such file." },
    ]);
  });

  it("does not guess which of several stores of one name is meant", async () => {
    const client = new Waybill({ baseUrl: server.url });
    const ids = [];
    for (const name of ["Twin", "Twin"]) ids.push((await client.vectorStores.create({ name })).id);
    for (const command of [
      ["search", "river"],
      ["files", "add", path("rivers.txt")],
    ]) {
      const { code, out, talk } = await waybill(...command, "--store", "Twin");
      expect([command[0], code, out]).toEqual([command[0], 1, ""]);
      for (const id of ids) expect(talk).toContain(id);
    }
    expect((await waybill("search", "river", "--store", "None")).talk).toContain("There is no vector store None.");
  });

  it("lists, shows and removes them", async () => {
    const [id = ""] = (await waybill("files", "add", path("rivers.txt"))).out.trim().split("\n");
    expect((await waybill("files", "show", id)).out).toContain("The Danube flows");
    const [record = "", page = ""] = (await waybill("files", "show", id, "--json")).out.split("\n");
    expect(JSON.parse(record)).toMatchObject({ id, filename: "rivers.txt", analysis: { abstract: null } });
    expect(JSON.parse(page)).toMatchObject({ number: 1, content: expect.stringContaining("Danube") });
    expect((await waybill("files", "list")).out).toContain(id);
    const all = (await waybill("files", "list", "--json")).out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(all.map((file: { id: string }) => file.id)).toContain(id);
    expect((await waybill("files", "remove", id)).code).toBe(0);
    const gone = await waybill("files", "show", id);
    expect([gone.code, gone.talk]).toEqual([1, expect.stringContaining("File not found")]);
  });
});
