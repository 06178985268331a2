/** The kinds of the greedy caller, for `neighbour.ts`. */
import { defineConfig } from "waybill";
import { GREEDY_KINDS } from "./neighbour/kinds.ts";

export default defineConfig({ handlers: GREEDY_KINDS });
