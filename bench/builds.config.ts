/** The smallest kinds, for keys that may ask as often as a generator can. */
import { defineConfig } from "waybill";
import unlimited from "./get-task.config.ts";
import { noop } from "./noop.config.ts";

export default defineConfig({ ...unlimited, handlers: [noop] });
