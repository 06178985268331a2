/** Push configurations of clients as subscriptions, and back. The version that one was made in is kept as its format. */
import type { NewSubscription } from "../../../task/subscription.ts";
import type { SubscriptionView } from "../../../verbs/subscriptions.ts";
import { ProtocolRefusal } from "../faults.ts";
import type { PushConfigWanted } from "../model/command.ts";
import type { PushConfigView } from "../model/view.ts";
import type { Exchange } from "../operation.ts";
import type { Version } from "../vocabulary.ts";

export const FORMAT_OF: Readonly<Record<Version, string>> = { "1.0": "a2a-1.0", "0.3": "a2a-0.3" };
export const FORMATS = Object.values(FORMAT_OF);

/** Names of what a subscription keeps for its notifications. */
export const TOKEN = "token";
export const CREDENTIALS = "credentials";
export const SCHEME = "scheme";
/** The address below which files are read. */
export const BASE = "base";

/** Throws where the agent's card says that nobody is told. */
export function mustPush({ agent }: Pick<Exchange, "agent">): void {
  if (agent.definition.card?.push === false)
    throw new ProtocolRefusal("pushNotSupported", "The agent tells nobody of its tasks by push.");
}

/** Throws as `mustPush`. */
export function subscriptionOf(
  { agent, dialect, url: base }: Pick<Exchange, "agent" | "dialect" | "url">,
  { id, url, token, authentication }: PushConfigWanted,
): NewSubscription {
  mustPush({ agent });
  const { scheme, credentials } = authentication ?? {};
  return {
    ...(id !== undefined && id !== "" && { id }),
    url,
    format: FORMAT_OF[dialect.version],
    secrets: {
      ...(token !== undefined && token !== "" && { [TOKEN]: token }),
      ...(credentials !== undefined && { [CREDENTIALS]: credentials }),
    },
    settings: { [BASE]: base, ...(scheme !== undefined && { [SCHEME]: scheme }) },
  };
}

/** What anybody is shown: neither token nor credentials. */
export function configView({ id, task, url, settings }: SubscriptionView): PushConfigView {
  const { [SCHEME]: scheme } = settings;
  return { id, taskId: task ?? "", url, ...(scheme !== undefined && { authentication: { scheme } }) };
}
