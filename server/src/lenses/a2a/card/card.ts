/**
 * What an agent says of itself: its card, in the words of each version. A client that does not say its version is told both
 * at once: what 0.3 has, and the interfaces of 1.0 beside it.
 */
import { createHash } from "node:crypto";
import type { AgentDefinition } from "../../../task/agent/agent.ts";
import type { JsonObject } from "../../../task/json/json.ts";
import type { Dialect } from "../dialect.ts";
import { SENT_ONCE } from "../extensions.ts";
import { type Base, urlOf } from "../paths.ts";
import { VERSIONS, type Version } from "../vocabulary.ts";
import { modesOf } from "./modes.ts";

/** An agent as its card shows it. */
export type Shown = Pick<AgentDefinition, "slug" | "name" | "displayName" | "description" | "tags" | "card"> & {
  /** Counts the changes that it has had. */
  revision: number;
  /** To whoever is known: with the skills that others are not told of. */
  isExtended?: boolean;
};

/** What the server offers for every agent. */
export type Capabilities = { streaming: boolean; pushNotifications: boolean };

export type CardPlace = {
  base: Pick<Base, "agent" | "pin">;
  /** Where the lens is, without a slash at its end. */
  root: string;
  /** No key is needed, and so none is asked for: clients and conformance kits take what a card declares for enforced. */
  isOpen: boolean;
};

const BINDINGS = ["JSONRPC", "HTTP+JSON"] as const;

export function cardOf(agent: Shown, all: Capabilities, place: CardPlace, version: Version | "hybrid"): JsonObject {
  const can = capabilitiesOf(agent, all);
  if (version === "1.0") return newCard(agent, can, place);
  const old = oldCard(agent, can, place);
  return version === "0.3" ? old : { ...old, supportedInterfaces: interfacesOf(place) };
}

/**
 * As a dialect writes it: 0.3 over HTTP writes what its proto file has. Of `security` the official clients read two forms
 * that exclude each other, and who reads a card here has met it already: it is left out.
 */
export function cardIn(
  { binding, version }: Pick<Dialect, "binding" | "version">,
  agent: Shown,
  all: Capabilities,
  place: CardPlace,
): JsonObject {
  const card = cardOf(agent, all, place, version);
  if (binding === "JSONRPC" || version === "1.0") return card;
  const { security: _, ...rest } = card;
  const capabilities = { ...capabilitiesOf(agent, all), extensions: extensionsOf(agent) };
  return { ...rest, capabilities, ...(!place.isOpen && { securitySchemes: PROTO_SECURITY.securitySchemes }) };
}

function newCard(agent: Shown, can: Capabilities, place: CardPlace): JsonObject {
  return {
    ...commonOf(agent),
    supportedInterfaces: interfacesOf(place),
    capabilities: { ...can, extendedAgentCard: hasExtended(agent), extensions: extensionsOf(agent) },
    skills: skillsOf(agent),
    ...(!place.isOpen && {
      securitySchemes: PROTO_SECURITY.securitySchemes,
      securityRequirements: PROTO_SECURITY.security,
    }),
  };
}

function oldCard(agent: Shown, can: Capabilities, { base, root, isOpen }: CardPlace): JsonObject {
  const url = published(base, root);
  return {
    ...commonOf(agent),
    protocolVersion: "0.3.0",
    url,
    preferredTransport: BINDINGS[0],
    additionalInterfaces: BINDINGS.map((transport) => ({ url, transport })),
    capabilities: { ...can, stateTransitionHistory: false, extensions: extensionsOf(agent) },
    supportsAuthenticatedExtendedCard: hasExtended(agent),
    skills: skillsOf(agent),
    ...(!isOpen && {
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer" },
        basic: { type: "http", scheme: "basic" },
        key: { type: "apiKey", in: "header", name: "X-API-Key" },
      },
      security: SCHEMES.map((name) => ({ [name]: [] })),
    }),
  };
}

const SCHEMES = ["bearer", "basic", "key"];
/** As the proto files of both versions have it. */
const PROTO_SECURITY = {
  securitySchemes: {
    bearer: { httpAuthSecurityScheme: { scheme: "Bearer" } },
    basic: { httpAuthSecurityScheme: { scheme: "Basic" } },
    key: { apiKeySecurityScheme: { location: "header", name: "X-API-Key" } },
  },
  security: SCHEMES.map((name) => ({ schemes: { [name]: { list: [] } } })),
};

function commonOf(agent: Shown): JsonObject {
  const { name, displayName = name, description, card, revision } = agent;
  const { input, output } = modesOf(agent);
  return {
    name: displayName,
    description: description || displayName,
    version: card?.version ?? `${revision}.0.0`,
    ...(card?.provider && { provider: card.provider }),
    ...(card?.documentationUrl !== undefined && { documentationUrl: card.documentationUrl }),
    ...(card?.iconUrl !== undefined && { iconUrl: card.iconUrl }),
    defaultInputModes: [...input],
    defaultOutputModes: [...output],
  };
}

/** What the server can do for all agents, as far as this one wants it. */
function capabilitiesOf({ card }: Shown, { pushNotifications, ...can }: Capabilities): Capabilities {
  return { ...can, pushNotifications: pushNotifications && card?.push !== false };
}

/** Those of 1.0 first; below a pinned base those of its version alone. */
function interfacesOf({ base, root }: Pick<CardPlace, "base" | "root">): JsonObject[] {
  const url = published(base, root);
  return VERSIONS.filter((version) => base.pin === null || base.pin === version).flatMap((protocolVersion) =>
    BINDINGS.map((protocolBinding) => ({ url, protocolBinding, protocolVersion })),
  );
}

/** With a slash at its end: clients read a card by an address relative to it. */
function published(base: CardPlace["base"], root: string): string {
  return `${urlOf(base, root)}/`;
}

function extensionsOf({ card }: Shown): JsonObject[] {
  const own = {
    uri: SENT_ONCE,
    description:
      "A message that comes again under its messageId with the same content takes effect once, for 24 hours.",
    required: false,
  };
  return [own, ...(card?.extensions ?? []).map((extension) => ({ ...extension }))];
}

function skillsOf({ slug, name, displayName = name, description, tags, card, isExtended }: Shown): JsonObject[] {
  const own = {
    id: slug,
    name: displayName,
    description: description || displayName,
    tags: tags.length > 0 ? [...tags] : ["agent"],
  };
  const further = typeof card?.extended === "object" && isExtended ? (card.extended.skills ?? []) : [];
  return [...(card?.skills ?? [own]), ...further].map(({ tags, ...skill }) => ({
    ...skill,
    // A list that is empty is left out by some who canonicalise a card, and not by others.
    tags: tags.length > 0 ? tags : own.tags,
  }));
}

function hasExtended({ card }: Shown): boolean {
  return card?.extended !== false;
}

/** As whoever is known is told it. */
export function extended(agent: Shown): Shown {
  const { card, description } = agent;
  const { description: more = description } = card?.extended || {};
  return { ...agent, description: more, isExtended: true };
}

/** A strong tag: the same bytes, the same card. */
export function tagOf(bytes: Buffer): string {
  return `"${createHash("sha256").update(bytes).digest("base64url")}"`;
}
