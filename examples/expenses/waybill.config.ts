/** Expense reports, and the people of finance: `waybill dev --config examples/expenses/waybill.config.ts` */
import { defineConfig } from "waybill";
import { expenses } from "./expenses.ts";

export default defineConfig({
  agents: [expenses],
  directory: { users: [{ id: "developer", name: "You", groups: ["finance"] }] },
});
