/** A server of the documents lens over a real store and real sockets, with the kinds of `kinds.ts`. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { z } from "zod";
import { SystemClock } from "../../src/engine/clock.ts";
import { EmbeddedEngine } from "../../src/engine/embedded/embedded-engine.ts";
import { Ids, systemRandomBytes } from "../../src/engine/ids.ts";
import { type HostParts, openHost } from "../../src/http/host.ts";
import { sharesConfig, sharesOf } from "../../src/http/shares/configuration.ts";
import { documentsLens } from "../../src/lenses/documents/routes.ts";
import { nativeLens } from "../../src/lenses/native/routes.ts";
import { shannonLens } from "../../src/lenses/shannon/routes.ts";
import { openSqliteStore } from "../../src/store/sqlite/store.ts";
import { defineHandler } from "../../src/task/handler.ts";
import { createVerbs } from "../../src/verbs/implementation/create-verbs.ts";
import { KeyVerbs } from "../../src/verbs/implementation/key-verbs.ts";
import { type DocumentsClient, documentsClient } from "./documents-client.ts";
import { documentKinds, embed, MODEL } from "./kinds.ts";

export type DocumentsServer = DocumentsClient & {
  /** Root of the lens on its own port, and of the main listener. */
  url: string;
  mainUrl: string;
  /** Lets go what is held. */
  release: () => void;
  makeKey: (user: string) => Promise<string>;
  stop: () => Promise<void>;
};
export async function startDocumentsServer(
  options: { development?: boolean; documents?: Partial<HostParts["documents"]> } = {},
): Promise<DocumentsServer> {
  const { development = true } = options;
  const data = await mkdtemp(join(tmpdir(), "waybill-documents-"));
  const store = await openSqliteStore(data);
  const ids = new Ids(systemRandomBytes);
  const gate = Promise.withResolvers<void>();
  const answering = defineHandler({ kind: "answering", input: z.json(), run: async () => ({ answer: 42 }) });
  const handlers = [
    ...documentKinds(
      () => store,
      () => gate.promise,
    ),
    answering,
  ];
  const own = { clock: new SystemClock(), random: Math.random, ids };
  const engine = new EmbeddedEngine({ ...own, store, handlers, log: { warn() {} } });
  const summarize = async (texts: readonly string[]) => ({ text: texts.join(" "), model: "extractive", tokens: 3 });
  const embedder = { model: MODEL, costUsd: () => 0, embed };
  const retrieval = { chunks: store.chunks, embedders: { usual: embedder, named: () => embedder }, summarize };
  const verbs = createVerbs({ ...own, engine, store, retrieval });
  const host = await openHost({
    tokenSecret: Buffer.alloc(32),
    ...{ development, hosts: ["127.0.0.1"], port: 0, lensPortsAsked: true, publicUrl: null, trustProxy: 0 },
    lensPorts: [{ name: "documents", port: 0 }],
    limits: {
      ...{ connections: 100, requestsOfConnection: 16, streams: 100, requests: 1_000 },
      ...{ bodyBytes: 4 << 20, bodyValues: 100_000, bodiesBytes: 64 << 20 },
      ...{ headS: 20, bodyS: 300, bodyBytesPerS: 500, bodyGraceS: 20, bodyStalledS: 60 },
    },
    shares: sharesOf("dev", sharesConfig.parse({})),
    documents: { fileBytesMax: 1 << 20, checkUrl: null, perHour: {}, ...options.documents },
    log: pino({ level: "silent" }),
    now: () => own.clock.now(),
    version: "0.0.0",
    providers: ["local"],
    verbs,
    agents: [],
    lenses: [nativeLens, shannonLens, documentsLens],
    metrics: { histograms: [], gauges: [], counters: [] },
    ...{ recovering: () => null, damagedEnds: [] },
    condition: () => ({
      ...{ uptimeS: 1, memoryBytes: 1 << 20, cpuPercent: 1, running: 0, queued: 0 },
      ...{ languageModel: false, embedding: true },
    }),
    issues: async () => [],
  });
  await engine.start();
  host.serve();
  const url = host.lensUrls["documents"] ?? "";

  return {
    ...documentsClient(url),
    url,
    mainUrl: host.url,
    release: gate.resolve,
    makeKey: async (user) =>
      (
        await new KeyVerbs(store, own.clock, ids).createFirst({
          name: user,
          tenant: "default",
          user,
          scopes: ["tasks"],
        })
      ).secret,
    stop: async () => {
      gate.resolve();
      host.refuse();
      await engine.stop(0);
      await host.close(0);
      await store.close();
      await rm(data, { recursive: true, force: true });
    },
  };
}
