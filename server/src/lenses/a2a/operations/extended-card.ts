/** The agent's card as callers with a key are told it. */

import { cardIn, extended } from "../card/card.ts";
import { capabilitiesOf } from "../card/routes.ts";
import { cardSigner, KEYS_PATH } from "../card/signature.ts";
import { ProtocolRefusal } from "../faults.ts";
import { type Operation, operation } from "../operation.ts";

/** `others` say what the server can do; `cardKey` is what cards are signed with, see `signature.ts`. */
export function extendedCard(others: readonly Operation[], cardKey: string | null): Operation {
  return operation({
    name: "card",
    summary: "Read what the agent tells callers that are known",
    methods: { "1.0": "GetExtendedAgentCard", "0.3": "agent/getAuthenticatedExtendedCard" },
    paths: [{ method: "GET", path: "/extendedAgentCard", v03: "/card" }],
    run: async ({ agent, base, root, dialect, parts }) => {
      const { definition, version } = agent;
      const more = definition.card?.extended;
      if (more === false) throw new ProtocolRefusal("unsupportedOperation", "The agent has no extended card.");
      if (more !== undefined && Object.keys(more).length === 0) {
        throw new ProtocolRefusal("extendedCardNotConfigured", "The agent's extended card is not there yet.");
      }
      const shown = extended({ ...definition, revision: version });
      const card = cardIn(dialect, shown, capabilitiesOf(others), { base, root, isOpen: parts.isOpen });
      // That of 0.3 over HTTP has another form of security, which nobody verifies.
      if (dialect.binding === "HTTP+JSON" && dialect.version === "0.3") return { result: card };
      return { result: await cardSigner(parts, cardKey).signed(card, dialect.version, root + KEYS_PATH) };
    },
  });
}
