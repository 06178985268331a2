/** The agent that the A2A conformance kits steer: `waybill dev --config examples/a2a-conformance/waybill.config.ts` */
import { defineConfig } from "waybill";
import { conformance } from "./conformance.ts";

export default defineConfig({ agents: [conformance], defaultAgent: "conformance" });
