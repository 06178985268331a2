/** The language models that a caller may use: those of its key, within those of each of its shares. */
import type { ModelLists } from "../../task/agent/allowed-models.ts";
import type { Principal } from "../../task/principal.ts";

export type AllowedModels = (principal: Principal) => ModelLists;

const ANY: ModelLists = [];

export const ownModels: AllowedModels = ({ models }) => (models === undefined ? ANY : [models]);
