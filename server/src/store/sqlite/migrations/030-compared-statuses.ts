/**
 * Schema version 30: statuses of documents and members are compared one by one as in version 29, and what a message adds to
 * the stored bytes is inserted as values: from a query, SQLite fills a table of its own at each message. No row changes.
 */
import { weight } from "./028-stored-bytes.ts";
import { rewritten } from "./029-compared-values.ts";

export const comparedStatuses = `
DROP TRIGGER messages_come_with_bytes;
CREATE TRIGGER messages_come_with_bytes AFTER INSERT ON messages
WHEN EXISTS (SELECT 1 FROM conversations WHERE id = NEW.conversation) BEGIN
  INSERT INTO stored_changes VALUES (
    (SELECT tenant FROM conversations WHERE id = NEW.conversation),
    (SELECT user FROM conversations WHERE id = NEW.conversation),
    ${weight("NEW.parts")});
END;

PRAGMA writable_schema = ON;
${rewritten("documents", "status", ["uploaded", "processed", "error"])}
${rewritten("members", "status", ["in_progress", "completed", "failed", "cancelled"])}
PRAGMA writable_schema = RESET;
`;
