/** The agent that a base leads to. */
import { Refusal } from "../../task/errors.ts";
import type { Principal } from "../../task/principal.ts";
import type { Agent } from "../../verbs/agents.ts";
import type { Verbs } from "../../verbs/verbs.ts";
import type { LensParts } from "../lens-parts.ts";
import { ProtocolRefusal } from "./faults.ts";
import type { Base } from "./paths.ts";

type Caller = { principal: Principal; verbs: Verbs; parts: Pick<LensParts, "agents"> };

/**
 * What stands where an agent's name may and is none of one names the caller's tenant, below the default agent's base. Throws
 * `noAgent`, and `forbidden` for another tenant than the caller's.
 */
export async function agentAt(caller: Caller, base: Base): Promise<{ agent: Agent; base: Base }> {
  const named = base.agent === null ? await byDefault(caller) : await agentNamed(caller, base.agent);
  if (named !== null) return { agent: named, base: mayUse(caller.principal, base) };
  const only = base.tenant === null && base.agent === caller.principal.tenant ? await byDefault(caller) : null;
  if (only === null) throw noAgent(base.agent ?? "");
  return { agent: only, base: { ...base, agent: null, tenant: base.agent } };
}

async function byDefault(caller: Caller): Promise<Agent | null> {
  const [first] = caller.parts.agents;
  return first === undefined ? null : agentNamed(caller, first.slug);
}

async function agentNamed({ principal, verbs }: Caller, name: string): Promise<Agent | null> {
  try {
    return await verbs.agents.get(principal, name);
  } catch (error) {
    if (error instanceof Refusal && error.code === "not_found") return null;
    throw error;
  }
}

function mayUse({ tenant }: Principal, base: Base): Base {
  mustBeOwn(tenant, base.tenant);
  return base;
}

/** Throws `forbidden`. An empty name is none. */
export function mustBeOwn(own: string, named: string | null | undefined): void {
  if (named === null || named === undefined || named === "" || named === own) return;
  throw new Refusal("forbidden", "The tenant that is named is not that of the key.");
}

export function noAgent(name: string): Refusal {
  return new ProtocolRefusal("noAgent", `There is no agent called ${name.slice(0, 64)}.`);
}
