/**
 * The configured shares: of a key, of all keys of a tenant together, and of an address whose requests have no accepted key. An absent
 * bound has its default, and null is no bound.
 */
import { z } from "zod";
import { modelList } from "../../task/agent/allowed-models.ts";
import type { AddressShare, Share, Shares, WrongKeysShare } from "./share.ts";

const bound = z.int().min(1).max(1_000_000_000_000_000).nullable().optional();

const share = z.strictObject({
  /** Requests that begin within a minute. */
  requestsPerMinute: bound,
  /** Requests in work at once, without held ones. */
  requests: bound,
  /** Open event streams and held answers: waits for a task, claims that wait for work, uploads. */
  streams: bound,
  /** Streams that open within a minute; further ones wait, spread over time. */
  streamsPerMinute: bound,
  /** New connections within a minute; the first request on further ones waits. */
  connectionsPerMinute: bound,
  /** Bytes of JSON bodies whose requests are in work. */
  bodiesBytes: bound,
  /** Searches in work at once: in vector stores, and of lists by text. */
  searches: bound,
  /** Open tasks of the key's user, or of the tenant. */
  openTasks: bound,
  /** US dollars spent on models on one day (UTC), by the key's user, or the tenant. */
  usdPerDay: z.number().positive().max(1_000_000_000).nullable().optional(),
  /** Bytes stored by the key's user, or the tenant: values of tasks, files, documents, vector stores, messages. */
  storedBytes: bound,
  /** Allowed language models, as `provider:model`, where a name may end in `*`. */
  models: modelList.nullable().optional(),
});

const addressShare = share.pick({ requestsPerMinute: true, requests: true, bodiesBytes: true }).extend({
  /** Connections without an accepted key; the oldest makes room for the newest. */
  connections: bound,
  /** Look-ups of unknown keys at once within a minute. */
  wrongKeysPerMinute: bound,
  /** Milliseconds between two look-ups beyond these. */
  wrongKeyPauseMs: z.int().min(0).max(10_000).optional(),
  /** Waiting look-ups; more are refused. */
  wrongKeysWaiting: bound,
});

const keyShare = share.extend({
  /** Connections that are never closed to make room for others. */
  connections: bound,
});

const name = z.string().min(1).max(255);

export const sharesConfig = z.strictObject({
  key: keyShare.prefault({}),
  /** Replaces `key` for keys of a tier. */
  tiers: z.record(name, keyShare).default({}),
  tenant: share.prefault({}),
  /** Replaces `tenant` for some tenants. */
  tenants: z.record(name, share).default({}),
  address: addressShare.prefault({}),
});
export type SharesConfig = z.output<typeof sharesConfig>;

const MB = 1 << 20;
const GB = 1_024 * MB;

const WRONG_KEYS: WrongKeysShare = { wrongKeysPerMinute: 600, wrongKeyPauseMs: 10, wrongKeysWaiting: 256 };

/** Generous: a busy program stays far below. */
const IN_SERVE: { key: Share; tenant: Share; address: AddressShare & WrongKeysShare } = {
  key: {
    requestsPerMinute: 300_000,
    requests: 512,
    streams: 10_000,
    streamsPerMinute: 60_000,
    connectionsPerMinute: 60_000,
    bodiesBytes: 64 * MB,
    searches: 16,
    openTasks: 2_000_000,
    usdPerDay: null,
    storedBytes: 50 * GB,
    models: null,
    connections: 11_000,
  },
  tenant: {
    requestsPerMinute: 600_000,
    requests: 1_024,
    streams: 10_000,
    streamsPerMinute: 120_000,
    connectionsPerMinute: 120_000,
    bodiesBytes: 128 * MB,
    searches: 32,
    openTasks: 4_000_000,
    usdPerDay: null,
    storedBytes: 200 * GB,
    models: null,
    connections: null,
  },
  address: { requestsPerMinute: 6_000, requests: 128, bodiesBytes: 4 * MB, connections: 1_000, ...WRONG_KEYS },
};

const BOUNDLESS: Share = {
  requestsPerMinute: null,
  requests: null,
  streams: null,
  streamsPerMinute: null,
  connectionsPerMinute: null,
  bodiesBytes: null,
  searches: null,
  openTasks: null,
  usdPerDay: null,
  storedBytes: null,
  models: null,
  connections: null,
};

/** In `dev` every caller is the developer: only memory is bounded. */
const IN_DEV: typeof IN_SERVE = {
  key: { ...BOUNDLESS, bodiesBytes: 64 * MB },
  tenant: BOUNDLESS,
  address: { requestsPerMinute: null, requests: null, bodiesBytes: 64 * MB, connections: null, ...WRONG_KEYS },
};

/** The shares of a server with the configuration `given`. */
export function sharesOf(mode: "dev" | "serve", given: SharesConfig): Shares {
  const usual = mode === "dev" ? IN_DEV : IN_SERVE;
  const key = over(usual.key, given.key);
  const tenant = over(usual.tenant, given.tenant);
  return {
    key,
    tiers: new Map(Object.entries(given.tiers).map(([tier, own]) => [tier, over(key, own)])),
    tenant,
    tenants: new Map(Object.entries(given.tenants).map(([name, own]) => [name, over(tenant, own)])),
    address: over(usual.address, given.address),
  };
}

function over<Bounds extends object>(
  usual: Bounds,
  own: { [Name in keyof Bounds]?: Bounds[Name] | undefined },
): Bounds {
  const said = Object.entries(own).filter(([, value]) => value !== undefined);
  return { ...usual, ...Object.fromEntries(said) };
}
