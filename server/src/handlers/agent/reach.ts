/** How the tools of a run reach other servers: by a `fetch` within the reach of their agent. */
import { z } from "zod";
import { type Fetch, type Outgoing, reachRefusal } from "../../task/agent/agent-reach.ts";
import type { StepContext } from "../../task/handler.ts";
import type { Plan } from "./plan.ts";

const notReached = z.looseObject({ code: z.literal("not_reached"), message: z.string() });

/** For a tool's call, within its step. Refusals are logged for the operator. */
export function fetchOf(
  { agent, reach }: Pick<Plan, "agent" | "reach">,
  { signal, log }: Pick<StepContext, "signal" | "log">,
  { tool, outgoing }: { tool: string; outgoing: Outgoing | null },
): Fetch {
  return async (input, init = {}) => {
    if (outgoing === null) throw new Error("Tools of this agent reach no other server.");
    const held = outgoing((url) => reachRefusal(`the agent "${agent}"`, reach, url));
    try {
      return await held(input, { ...init, signal: init.signal ? AbortSignal.any([signal, init.signal]) : signal });
    } catch (error) {
      const refused = notReached.safeParse(error);
      if (refused.success) log.warn(`The tool ${tool} was held back: ${refused.data.message}`);
      throw error;
    }
  };
}
