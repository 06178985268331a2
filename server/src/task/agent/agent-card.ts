/** How an agent presents itself to other agents, beside its name and description: what it can do, and who stands behind it. */
import { z } from "zod";
import { jsonObject } from "../json/json.ts";

export const CARD_LIST_LENGTH_MAX = 64;

const text = (max: number) => z.string().min(1).max(max);
const link = z.url({ protocol: /^https?$/ }).max(2048);
const mediaTypes = z.array(text(127)).min(1).max(CARD_LIST_LENGTH_MAX);

export const skill = z.strictObject({
  id: text(100),
  name: text(200),
  description: text(2_000),
  tags: z.array(text(100)).max(CARD_LIST_LENGTH_MAX).default([]),
  examples: z.array(text(2_000)).max(CARD_LIST_LENGTH_MAX).optional(),
  inputModes: mediaTypes.optional(),
  outputModes: mediaTypes.optional(),
});

export type Skill = z.infer<typeof skill>;
const skills = z.array(skill).min(1).max(CARD_LIST_LENGTH_MAX);

/** A capability of the protocol in which agents talk that goes beyond it. */
const extension = z.strictObject({
  uri: text(2048),
  description: text(2_000).optional(),
  /** Callers that do not name it are refused. */
  required: z.boolean().default(false),
  params: jsonObject.optional(),
});

export const extendedCard = z.strictObject({ description: text(2_000).optional(), skills: skills.optional() });

export const agentCard = z.strictObject({
  /** Of the agent, as its author counts; follows from how often it was changed when absent. */
  version: text(64).optional(),
  /** One that follows from its name and description when absent. */
  skills: skills.optional(),
  /** Media types that it takes and gives; messages with others are refused. Any it takes, and text, when absent. */
  inputModes: mediaTypes.optional(),
  outputModes: mediaTypes.optional(),
  provider: z.strictObject({ organization: text(200), url: link }).optional(),
  documentationUrl: link.optional(),
  iconUrl: link.optional(),
  extensions: z.array(extension).max(CARD_LIST_LENGTH_MAX).optional(),
  /** False: of its tasks nobody is told by push, and callers who want to be are refused. */
  push: z.boolean().optional(),
  /**
   * What callers with a key are told beyond it: another description, and further skills. False: there is no such card; an
   * empty one is announced and not there yet. They are told the same as everybody when absent.
   */
  extended: z.union([z.literal(false), extendedCard]).optional(),
});
export type AgentCard = z.infer<typeof agentCard>;
