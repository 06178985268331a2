/** An approval by a person: `waybill dev --config examples/expenses/waybill.config.ts`, then `approve.sh` beside it. */
import { defineConfig } from "waybill";
import { expenses } from "./expenses.ts";

export default defineConfig({ agents: [expenses] });
