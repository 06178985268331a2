/** The agents that the owner of a task may use, for the handler that runs them. */
import { Refusal } from "../../task/errors.ts";
import type { Principal } from "../../task/principal.ts";
import type { Agent, Agents } from "../agents.ts";

export class AgentLookup {
  #agents: Agents | null = null;

  /** The handler exists before the verbs: nothing is looked up until these are given. */
  over(agents: Agents): void {
    this.#agents = agents;
  }

  async find({ tenant, user }: Pick<Principal, "tenant" | "user">, idOrSlug: string): Promise<Agent | null> {
    if (!this.#agents) throw new Error("An agent is looked for before there are any.");
    try {
      return await this.#agents.get({ tenant, user, scopes: new Set(["tasks"]), keyId: "task" }, idOrSlug);
    } catch (error) {
      if (error instanceof Refusal && error.code === "not_found") return null;
      throw error;
    }
  }
}
