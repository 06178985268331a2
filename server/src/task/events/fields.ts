/**
 * The nouns of a task as events carry them. They are checked for what readers need, and fields that a newer version has
 * added to them are let through: a log outlives the version that wrote it.
 */
import { z } from "zod";
import { artifactUpdate } from "../artifact.ts";
import type { Json } from "../json/json.ts";
import * as nouns from "../task.ts";
import * as calls from "../usage.ts";

/** The data of an event is JSON as a whole before its fields are looked at, so that a value in it need only be there. */
export const anyJson = z.custom<Json>((value) => value !== undefined, { error: "is missing" });

export const failure = nouns.failure.strip();
export const prompt = nouns.prompt.strip();
export const usageCall = calls.usageCall.extend({ raw: anyJson }).strip();

const [plainWait, childWait, handlerWait, inputWait] = nouns.wait.options;
export const wait = z.discriminatedUnion("on", [
  plainWait.strip(),
  childWait.strip(),
  handlerWait.strip(),
  inputWait.extend({ prompt }).strip(),
]);

/** As it is once its update was taken: with nothing left to be filled in. */
export const artifact = artifactUpdate.extend({ append: z.boolean(), last: z.boolean() }).strip();
