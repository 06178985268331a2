/** Schema version 11: the artifacts and the paid calls of a task in pages, without going over all that was read before. */
export const pagedBelongings = `
CREATE INDEX artifact_updates_of_one ON artifact_updates (task, id);
CREATE INDEX usage_of_task ON usage (task);
`;
