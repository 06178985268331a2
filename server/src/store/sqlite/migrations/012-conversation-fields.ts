/** Schema version 12: whom a conversation is with, and what is known of a message beside its parts. */
export const conversationFields = `
ALTER TABLE conversations ADD COLUMN agent TEXT;
ALTER TABLE conversations ADD COLUMN knowledge_base TEXT;
ALTER TABLE conversations ADD COLUMN last_agent_message_at INTEGER;
CREATE INDEX conversations_by_agent ON conversations (tenant, agent, created_at)
  WHERE agent IS NOT NULL AND deleted_at IS NULL;
UPDATE conversations SET last_agent_message_at =
  (SELECT max(at) FROM messages WHERE conversation = conversations.id AND role = 'agent');

-- id is a UUID that its author gave it, seq the event of its task that it came with.
ALTER TABLE messages ADD COLUMN id TEXT;
ALTER TABLE messages ADD COLUMN seq INTEGER;
ALTER TABLE messages ADD COLUMN purpose TEXT CHECK (purpose IN ('question', 'answer', 'notice'));
ALTER TABLE messages ADD COLUMN metadata TEXT;
ALTER TABLE messages ADD COLUMN edited_at INTEGER;
`;
