/** The operations of the protocol that this server has. A line here gives one to all four dialects. */
import type { Operation } from "./operation.ts";
import { get } from "./operations/get.ts";
import { subscribe } from "./operations/subscribe.ts";

export const OPERATIONS: readonly Operation[] = [get, subscribe];
