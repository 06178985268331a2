/** Which language models a caller may have asked: those of its key, within those of every share that it has. */
import type { ModelLists } from "../../task/agent/allowed-models.ts";
import type { Principal } from "../../task/principal.ts";

export type AllowedModels = (principal: Principal) => ModelLists;

const ANY: ModelLists = [];

export const ownModels: AllowedModels = ({ models }) => (models === undefined ? ANY : [models]);
