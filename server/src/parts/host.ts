/** What a server listens with: its lenses, addresses and limits, and its health for monitoring. */

import type { Config } from "../config.ts";
import type { EmbeddedEngine } from "../engine/embedded/embedded-engine.ts";
import { openTo } from "../http/cross-origin.ts";
import { type Host, type HostOptions, type HostParts, openHost } from "../http/host.ts";
import type { Lens } from "../lenses/lens.ts";
import type { Models } from "../models/model.ts";
import type { GuardedClient } from "../outgoing/guarded-client.ts";
import { clauseOf } from "../task/text/clause.ts";
import { conditionOf } from "./condition.ts";
import { checkUrl } from "./fetching.ts";
import { StartError } from "./start-error.ts";

/** Throws `StartError` when a port cannot be had. */
export async function listening(parts: HostParts): Promise<Host> {
  try {
    return await openHost(parts);
  } catch (error) {
    throw new StartError(`waybill cannot listen: ${clauseOf(error)}. Choose other ports with --port and --lens-port.`);
  }
}

export function configured(
  [root, ...others]: readonly [Lens, ...Lens[]],
  { lenses, lensesOff, corsOrigins, mode }: Config,
): [Lens, ...Lens[]] {
  const origins = { listed: corsOrigins, local: mode === "dev" };
  const as = (lens: Lens) => openTo(lens.configured?.(lenses) ?? lens, origins);
  return [as(root), ...others.filter(({ name }) => !lensesOff.includes(name)).map(as)];
}

export function conditionIn(engine: EmbeddedEngine, { defaultModel }: Models): HostParts["condition"] {
  return conditionOf(() => {
    const { running, ready } = engine.stats();
    return { running, queued: ready, languageModel: !defaultModel.startsWith("local:"), embedding: true };
  });
}

export function hostOptionsOf(
  config: Config,
  fetching: GuardedClient | null,
): HostOptions & Pick<HostParts, "documents"> {
  const { mode, host, lensPorts } = config;
  const development = mode === "dev";
  return {
    development,
    hosts: host === null && development ? null : [host ?? "127.0.0.1"],
    port: config.port,
    lensPorts: Object.entries(lensPorts).flatMap(([name, port]) => (port === undefined ? [] : [{ name, port }])),
    lensPortsAsked: config.lensPortsAsked,
    publicUrl: config.publicUrl,
    trustProxy: config.trustProxy,
    limits: config.limits,
    shares: config.shares,
    documents: documentSettingsOf(config.documents, fetching),
  };
}

function documentSettingsOf(
  { fileBytes, uploadsPerHour, vectorStoreActsPerHour }: Config["documents"],
  fetching: GuardedClient | null,
): HostParts["documents"] {
  return {
    fileBytesMax: fileBytes,
    checkUrl: fetching && ((url) => checkUrl(url, fetching)),
    perHour: {
      ...(uploadsPerHour !== undefined && { upload: uploadsPerHour }),
      ...(vectorStoreActsPerHour !== undefined && { "vector store": vectorStoreActsPerHour }),
    },
  };
}
