/** The operations of the protocol that this server has. A line here gives one to all four dialects. */
import type { Operation } from "./operation.ts";
import { cancel } from "./operations/cancel.ts";
import { extendedCard } from "./operations/extended-card.ts";
import { get } from "./operations/get.ts";
import { list } from "./operations/list.ts";
import { pushCreate, pushDelete, pushGet, pushList } from "./operations/push.ts";
import { send } from "./operations/send.ts";
import { stream } from "./operations/stream.ts";
import { subscribe } from "./operations/subscribe.ts";

const WITHOUT_CARD: readonly Operation[] = [
  ...[send, get, list, cancel, stream, subscribe],
  ...[pushCreate, pushGet, pushList, pushDelete],
];

export function operationsWith(cardKey: string | null): readonly Operation[] {
  return [...WITHOUT_CARD, extendedCard(WITHOUT_CARD, cardKey)];
}
