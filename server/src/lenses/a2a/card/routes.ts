/** Where cards are read: below each base, by everybody, and for the default agent at the root of the server. */

import { z } from "zod";
import { Refusal } from "../../../task/errors.ts";
import type { Principal } from "../../../task/principal.ts";
import type { Verbs } from "../../../verbs/verbs.ts";
import { conditional } from "../../etag.ts";
import type { LensSettings } from "../../lens.ts";
import type { LensParts } from "../../lens-parts.ts";
import { type Answer, type Call, halfOpenRoute, JSON_TYPE, openRoute, type Route } from "../../route.ts";
import { agentAt, noAgent } from "../agent.ts";
import { answered } from "../binding/answered.ts";
import { anyParameters, BASE_PARAM } from "../binding/parameters.ts";
import { DIALECTS } from "../dialect.ts";
import { refused } from "../errors.ts";
import type { Operation } from "../operation.ts";
import { type Base, baseFrom } from "../paths.ts";
import { versionAsked } from "../version.ts";
import { type Capabilities, cardOf, type Shown, tagOf } from "./card.ts";
import { cardSigner, KEYS_PATH } from "./signature.ts";

/** Older clients look for the second. */
const PATHS = ["/.well-known/agent-card.json", "/.well-known/agent.json"];
const SECONDS_KEPT = 300;

type Settings = LensSettings["a2a"];
const ROOT: Base = { agent: null, pin: null, tenant: null };

type Asked = Pick<
  Call<never, Record<string, unknown>, undefined, Principal | null>,
  "principal" | "verbs" | "parts" | "headers" | "query" | "origin"
>;

/** What the operations of the protocol that are there make possible. */
export function capabilitiesOf(operations: readonly Operation[]): Capabilities {
  const has = (wanted: Operation["name"]) => operations.some(({ name }) => name === wanted);
  return { streaming: has("stream"), pushNotifications: has("pushCreate") };
}

export function cardRoutes(operations: readonly Operation[], settings: Settings): Route[] {
  const can = capabilitiesOf(operations);
  return PATHS.map((path, at) =>
    halfOpenRoute({
      method: "GET",
      path: `/{base}${path}`,
      id: `get_card${at === 0 ? "" : "_by_its_old_name"}`,
      scope: "tasks",
      tag: "Cards",
      summary: "Read the agent's card",
      params: BASE_PARAM,
      query: anyParameters,
      answers: [CARD],
      handle: (call) => cardAt(call, call.mount, baseFrom(call.params.base), can, settings),
    }),
  );
}

/** The card of the default agent alone, with the addresses below `mount`. */
export function rootCardRoutes(operations: readonly Operation[], settings: Settings, mount: string): Route[] {
  const can = capabilitiesOf(operations);
  return PATHS.map((path, at) =>
    halfOpenRoute({
      method: "GET",
      path,
      id: `get_root_card${at === 0 ? "" : "_by_its_old_name"}`,
      scope: "tasks",
      summary: "Read the default agent's card",
      query: anyParameters,
      answers: [CARD],
      handle: (call) => cardAt(call, mount, ROOT, can, settings),
    }),
  );
}

/** What the signatures of cards are verified with. */
export function keysRoute(cardKey: string | null): Route {
  return openRoute({
    method: "GET",
    path: `/{base}${KEYS_PATH}`,
    id: "get_card_keys",
    tag: "Cards",
    summary: "Read the public keys that cards are signed with",
    params: BASE_PARAM,
    answers: [{ status: 200, about: "A JSON Web Key Set.", schema: z.record(z.string(), z.unknown()) }],
    handle: async ({ parts }) => ({
      status: 200,
      bytes: Buffer.from(JSON.stringify(cardSigner(parts, cardKey).keys)),
      headers: { "content-type": JSON_TYPE, "cache-control": `public, max-age=${SECONDS_KEPT}` },
    }),
  });
}

const CARD = { status: 200, about: "The card.", schema: z.record(z.string(), z.unknown()) };

/** When this server first showed a card: those of its configuration are as old. */
let firstShownAt: number | null = null;

async function cardAt(
  asked: Asked,
  mount: string,
  base: Base,
  can: Capabilities,
  { cardWithoutVersion, cardKey }: Settings,
): Promise<Answer> {
  const { headers, query, parts, origin } = asked;
  firstShownAt ??= parts.now();
  try {
    const version = versionAsked(headers, query, base.pin) ?? cardWithoutVersion;
    const { shown, changedAt, place } = await shownAt(asked, base);
    const root = origin() + mount;
    const card = cardOf(shown, can, { base: place, root, isOpen: parts.isOpen }, version);
    // What is of two versions at once has no canonical form.
    const told = version === "hybrid" ? card : await cardSigner(parts, cardKey).signed(card, version, root + KEYS_PATH);
    const bytes = Buffer.from(JSON.stringify(told));
    const own = {
      "content-type": JSON_TYPE,
      etag: tagOf(bytes),
      "cache-control": `${changedAt === null ? "public" : "private"}, max-age=${SECONDS_KEPT}`,
      "last-modified": new Date(changedAt ?? firstShownAt).toUTCString(),
      vary: "A2A-Version, Accept, Origin",
    };
    const answer = conditional(headers, { bytes, headers: own });
    return "bytes" in answer ? answer : { status: 304, headers: { ...own, "content-type": JSON_TYPE } };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return answered(refused(error, DIALECTS["HTTP+JSON"]["1.0"], null));
  }
}

type Found = { shown: Shown; changedAt: number | null; place: Base };

/** Agents that callers have made are known to their tenant alone, since they are named within it. */
async function shownAt({ principal, verbs, parts }: Asked, base: Base): Promise<Found> {
  if (principal !== null) return ofCaller({ principal, verbs, parts }, base);
  const { agents } = parts;
  const definition = base.agent === null ? agents[0] : agents.find(({ slug }) => slug === base.agent);
  if (definition === undefined) throw noAgent(base.agent ?? "");
  return { shown: { ...definition, revision: 1 }, changedAt: null, place: base };
}

async function ofCaller(caller: { principal: Principal; verbs: Verbs; parts: LensParts }, base: Base): Promise<Found> {
  const { agent, base: place } = await agentAt(caller, base);
  return { shown: { ...agent.definition, revision: agent.version }, changedAt: agent.updatedAt, place };
}
