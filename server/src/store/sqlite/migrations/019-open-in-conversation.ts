/** Schema version 19: the open tasks of a conversation, in the order of their submits. */
export const openInConversation = `
CREATE INDEX tasks_open_in_conversation ON tasks (conversation) WHERE ended_at IS NULL AND conversation IS NOT NULL;
`;
