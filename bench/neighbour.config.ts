/** The kinds of the greedy caller, for `neighbour.ts`. */
import { defineConfig } from "waybill";
import { steps, talker, tree } from "./kinds.ts";

export default defineConfig({ handlers: [steps, tree, talker] });
