/** Knowledge bases over HTTP: made of files, changed, answered from, and deleted, with the background tasks behind them. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import {
  ingestion,
  knowledgeBaseOut,
  knowledgeBaseStatus,
} from "../../src/lenses/orchestrate/knowledge-bases/schema.ts";
import { backgroundTask, taskBegun } from "../../src/lenses/orchestrate/tasks/schema.ts";
import type { ShannonServer } from "../shannon-server.ts";
import { type OrchestrateClient, orchestrateClient, startOrchestrateServer } from "./client.ts";

const BASES = "/v1/orchestrate/knowledge-bases";

let server: ShannonServer;
let client: OrchestrateClient;
beforeAll(async () => {
  server = await startOrchestrateServer();
  client = orchestrateClient(server);
});
afterAll(() => server.stop());

function formOf(fields: Record<string, string>, files: Record<string, string> = {}, part = "files"): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  for (const [name, text] of Object.entries(files)) form.append(part, new Blob([text]), name);
  return form;
}

function send(path: string, body: FormData | URLSearchParams, method = "POST"): Promise<Response> {
  return fetch(`${client.root}${path}`, { method, body });
}

async function sent<Schema extends z.ZodType>(schema: Schema, ...[path, body, method]: Parameters<typeof send>) {
  const response = await send(path, body, method);
  expect(response.status, await response.clone().text()).toBe(200);
  return schema.parse(await response.json());
}

function made(name: string, files: Record<string, string>, more: object = {}) {
  const fields = { knowledge_base: JSON.stringify({ name, description: "What pumps need", ...more }) };
  return sent(ingestion, `${BASES}/documents`, formOf(fields, files));
}

async function settled(id: string) {
  const read = () => client.answer(knowledgeBaseStatus, `${BASES}/${id}/status`);
  await expect.poll(async () => (await read()).built_in_index_status).not.toBe("rebuilding");
  return read();
}

async function completed(id: string | null) {
  const read = () => client.answer(backgroundTask, `/v1/tasks/${id}`);
  await expect.poll(async () => (await read()).status).toBe("completed");
  return read();
}

const refusal = z.object({
  detail: z.union([z.string(), z.array(z.object({ type: z.string(), loc: z.array(z.string()) }))]),
});

async function refused(body: FormData | URLSearchParams, path = `${BASES}/documents`, method = "POST") {
  const response = await send(path, body, method);
  const { detail } = refusal.parse(await response.json());
  return typeof detail === "string" ? [response.status, detail] : [response.status, detail[0]?.type, detail[0]?.loc];
}

describe("a knowledge base", () => {
  it("is made with its files, read and embedded by a background task, and answered from by an agent", async () => {
    const files = { "pump.txt": "For the pump order the seal XK-47.", "river.txt": "The Danube is long." };
    const begun = await made("Spare parts", files);
    expect(begun.documents.map(({ file_name }) => file_name)).toEqual(["pump.txt", "river.txt"]);
    expect((await completed(begun.task_id)).task_name).toBe("vectorization");
    const status = await settled(begun.knowledge_base);
    expect(status).toMatchObject({ ready: true, built_in_index_status: "ready", name: "Spare parts" });
    expect(status.documents.map(({ metadata }) => metadata.original_file_name).sort()).toEqual(Object.keys(files));
    const agent = { name: "Mechanic", knowledge_base: [begun.knowledge_base], tools: [] };
    const { id } = await client.answer(z.object({ id: z.uuid() }), "/v1/orchestrate/agents", { json: agent });
    const run = await client.begin("Which seal does the pump need?", { agent_id: id });
    const events = await client.events(run.run_id);
    expect(events.at(-1)?.event).toBe("done");
    expect(JSON.stringify((await client.run(run.run_id)).result)).toContain("XK-47");
  });

  it("takes files in place of those of their names, or of all that it has, and lets go of the old ones", async () => {
    const { knowledge_base: id, documents } = await made("Rivers", { "a.txt": "The Danube.", "b.txt": "The Rhine." });
    const [first] = documents;
    const names = async () => (await settled(id)).documents.map(({ metadata }) => metadata.original_file_name).sort();
    await sent(ingestion, `${BASES}/${id}/documents`, formOf({}, { "a.txt": "The Elbe.", "c.txt": "The Po." }), "PUT");
    expect(await names()).toEqual(["a.txt", "b.txt", "c.txt"]);
    expect((await server.call(`/v1/files/${first?.id}`)).status).toBe(404);
    const change = { knowledge_base: JSON.stringify({ name: "Waters", description: "Of Europe" }) };
    await sent(ingestion, `${BASES}/${id}/documents`, formOf(change, { "d.txt": "The Tagus." }), "PATCH");
    expect(await names()).toEqual(["d.txt"]);
    expect(await client.answer(knowledgeBaseOut, `${BASES}/${id}`)).toMatchObject({
      name: "Waters",
      description: "Of Europe",
    });
  });

  it("is made and changed without files by fields alone, as clients send them then", async () => {
    const spec = { name: "Empty", vector_index: { chunk_size: 400, chunk_overlap: 50 }, representation: "tool" };
    const body = new URLSearchParams({ knowledge_base: JSON.stringify(spec) });
    const { knowledge_base: id } = await sent(ingestion, `${BASES}/documents`, body);
    expect((await settled(id)).built_in_index_status).toBe("not_ready");
    const change = new URLSearchParams({ knowledge_base: JSON.stringify({ description: "Nothing yet" }) });
    await sent(ingestion, `${BASES}/${id}/documents`, change, "PATCH");
    expect(await client.answer(knowledgeBaseOut, `${BASES}/${id}`)).toMatchObject({
      name: "Empty",
      description: "Nothing yet",
      vector_index: spec.vector_index,
      representation: "tool",
    });
  });

  it("is found by name and by id, and goes with its files, but not with those that others have", async () => {
    const { knowledge_base: id, documents } = await made("Going", { "own.txt": "Alone.", "both.txt": "Together." });
    const [own, both] = documents;
    await server.call("/v1/vector-stores", { json: { name: "Other", file_ids: [both?.id] } });
    const found = (query: string) => client.answer(z.array(knowledgeBaseOut), `${BASES}?include=global&${query}`);
    expect((await found("names=Going&names=Nobody")).map((base) => base.id)).toEqual([id]);
    expect((await found(`ids=${id}`)).map(({ name }) => name)).toEqual(["Going"]);
    expect(await found("names=Nobody")).toEqual([]);
    expect((await client.call(`${BASES}/${id}`, { method: "DELETE" })).status).toBe(200);
    expect((await client.call(`${BASES}/${id}`)).status).toBe(404);
    expect((await server.call(`/v1/files/${own?.id}`)).status).toBe(404);
    expect((await server.call(`/v1/files/${both?.id}`)).status).toBe(200);
  });

  it("says which files it could not take in, and is ready with the others", async () => {
    const { knowledge_base: id } = await made("Broken", { "good.txt": "Fine.", "bad.pdf": "%PDF-1.4 no more" });
    const status = await settled(id);
    expect([status.built_in_index_status, status.ready]).toEqual(["ready", true]);
    expect(status.built_in_index_status_msg).toContain("bad.pdf");
    const alone = await made("All broken", { "bad.pdf": "%PDF-1.4 no more" });
    expect((await settled(alone.knowledge_base)).built_in_index_status).toBe("error");
  });

  it("has its name alone, also of several that are made or renamed at the same moment", async () => {
    const spec = (name: string) => ({ knowledge_base: JSON.stringify({ name }) });
    const statuses = async (asked: Promise<Response>[]) =>
      (await Promise.all(asked)).map(({ status }) => status).sort();
    const making = Array.from({ length: 4 }, () => send(`${BASES}/documents`, formOf(spec("Only one"))));
    expect(await statuses(making)).toEqual([200, 409, 409, 409]);
    const others = await Promise.all(["A", "B", "C"].map((name) => made(`Another ${name}`, {})));
    const renaming = others.map(({ knowledge_base: id }) =>
      send(`${BASES}/${id}/documents`, formOf(spec("The same")), "PUT"),
    );
    expect(await statuses(renaming)).toEqual([200, 409, 409]);
  });

  it("refuses what does not fit, in the words of this wire", async () => {
    const spec = (value: unknown) => ({ knowledge_base: typeof value === "string" ? value : JSON.stringify(value) });
    expect(await refused(formOf({}))).toEqual([422, "missing", ["body", "knowledge_base"]]);
    expect(await refused(formOf(spec("{")))).toEqual([422, "json_invalid", ["body", "knowledge_base"]]);
    for (const wrong of ["[]", "7"]) {
      expect(await refused(formOf(spec(wrong)))).toEqual([422, "model_type", ["body", "knowledge_base"]]);
    }
    const faults: [unknown, string, string[]][] = [
      [{}, "missing", ["name"]],
      [{ name: 7 }, "string_type", ["name"]],
      [{ name: "N", vector_index: { chunk_size: 0 } }, "greater_than_equal", ["vector_index", "chunk_size"]],
    ];
    for (const [value, type, loc] of faults) {
      const told = await refused(new URLSearchParams(spec(value)));
      expect(told).toEqual([422, type, ["body", "knowledge_base", ...loc]]);
    }
    const elsewhere = { name: "N", conversational_search_tool: { index_config: [{ milvus: {} }] } };
    expect((await refused(formOf(spec(elsewhere))))[0]).toBe(422);
    expect((await refused(formOf(spec({ name: " " }))))[0]).toBe(422);
    expect((await refused(formOf(spec({ name: "N" }), { "empty.txt": "" })))[0]).toBe(422);
    await made("Taken", {});
    expect((await refused(formOf(spec({ name: "Taken" }))))[0]).toBe(409);
    const nobody = "00000000-0000-4000-8000-000000000000";
    expect(await refused(formOf({}), `${BASES}/${nobody}/documents`, "PUT")).toEqual([404, "Knowledge base not found"]);
    for (const path of [`${BASES}/${nobody}`, `${BASES}/${nobody}/status`]) {
      expect((await client.call(path)).status).toBe(404);
    }
  });
});

describe("a background task", () => {
  it("rebuilds, refreshes and takes in an index", async () => {
    const { knowledge_base: id } = await made("Index", { "a.txt": "The Danube." });
    await settled(id);
    for (const act of ["rebuild", "refresh", "collections"]) {
      const begun = await client.answer(taskBegun, `/v1/vector-indices/${id}/${act}`, { method: "PUT" });
      expect([begun.task_name, begun.task_obj]).toEqual(["vectorization", null]);
      await completed(begun.task_id);
      expect((await settled(id)).ready).toBe(true);
    }
    expect((await client.call("/v1/vector-indices/nobody/rebuild", { method: "PUT" })).status).toBe(404);
  });

  it("reads a document that is uploaded under an id", async () => {
    const path = "/v1/documents/manual-7/upload";
    const begun = await sent(taskBegun, path, formOf({}, { "manual.txt": "Turn it on." }, "file"));
    expect((await completed(begun.task_id)).task_name).toBe("file_processing");
    expect((await server.call("/v1/files/manual-7")).status).toBe(200);
    expect((await send(path, formOf({}, { "manual.txt": "Turn it off." }))).status).toBe(409);
    expect((await send("/v1/documents/other/upload", formOf({}))).status).toBe(422);
    expect((await send("/v1/documents/other/upload", new URLSearchParams({ file: "none" }))).status).toBe(422);
  });

  it("takes in the files of an agent, which then answers from them", async () => {
    const json = { name: "Clerk", knowledge_base: ["vs_gone"], tools: [] };
    const { id } = await client.answer(z.object({ id: z.uuid() }), "/v1/orchestrate/agents", { json });
    const path = `/v1/assistants/custom/${id}/files`;
    for (const part of ["files", "file"]) {
      const begun = await sent(taskBegun, path, formOf({}, { "desk.txt": "The desk number is QX-81." }, part));
      await completed(begun.task_id);
    }
    const run = await client.begin("What is the desk number?", { agent_id: id });
    await client.events(run.run_id);
    expect(JSON.stringify((await client.run(run.run_id)).result)).toContain("QX-81");
    expect((await send("/v1/assistants/custom/nobody/files", formOf({}, { "a.txt": "A" }))).status).toBe(404);
    expect((await send(path, formOf({}))).status).toBe(422);
  });
});
