/** Clients' names of contexts: aliases of conversations. */
import { Refusal } from "../../task/errors.ts";
import type { Exchange } from "./operation.ts";

/** The lens, by which they are kept. */
export const NAMES = "a2a";

/** The id of the caller's conversation of that name or id; null where there is none. */
export async function conversationNamed(
  { verbs, principal }: Pick<Exchange, "verbs" | "principal">,
  named: string,
): Promise<string | null> {
  try {
    return (await verbs.conversations.get(principal, NAMES, named)).conversation.id;
  } catch (error) {
    if (error instanceof Refusal && error.code === "not_found") return null;
    throw error;
  }
}
