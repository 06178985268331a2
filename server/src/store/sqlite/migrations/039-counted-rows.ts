/**
 * Schema version 39: conversations count for whoever has made them, with their context, as do a message's metadata, what is noted of
 * a document, and vector stores: 64 KB of each, as many as somebody liked, were nobody's. A new conversation is counted by
 * whoever writes it, as a task is, since many a submit brings one.
 */
import { weight } from "./028-stored-bytes.ts";

/** Of a row with its indexes, beside its texts. */
export const ROW_BYTES = 512;

/** What a row counts, by the name that its table has in a query. */
export const CONVERSATION_BYTES = (row: string) => `${ROW_BYTES} + octet_length(${row}.context)`;
export const MESSAGE_BYTES = (row: string) => `${weight(`${row}.parts`)} + ifnull(octet_length(${row}.metadata), 0)`;
export const DOCUMENT_BYTES = (row: string) =>
  `${row}.bytes + ${row}.text_bytes + ${ROW_BYTES} + octet_length(${row}.annotations)`;
export const VECTOR_STORE_BYTES = (row: string) =>
  `${row}.bytes + ${ROW_BYTES} + octet_length(${row}.description) + octet_length(${row}.metadata)`;

/** Of tables whose rows name their owner. */
function moves(table: string, columns: string, bytes: (row: string) => string): string {
  return `
CREATE TRIGGER ${table}_change_bytes AFTER UPDATE OF tenant, user, ${columns} ON ${table} BEGIN
  INSERT INTO stored_changes VALUES (OLD.tenant, OLD.user, -(${bytes("OLD")}));
  INSERT INTO stored_changes VALUES (NEW.tenant, NEW.user, ${bytes("NEW")});
END;
CREATE TRIGGER ${table}_leave_bytes AFTER DELETE ON ${table} BEGIN
  INSERT INTO stored_changes VALUES (OLD.tenant, OLD.user, -(${bytes("OLD")}));
END;`;
}

function comes(table: string, bytes: (row: string) => string): string {
  return `
CREATE TRIGGER ${table}_come_with_bytes AFTER INSERT ON ${table} BEGIN
  INSERT INTO stored_changes VALUES (NEW.tenant, NEW.user, ${bytes("NEW")});
END;`;
}

const DROPPED = [
  ...["documents_come_with_bytes", "documents_change_bytes", "documents_leave_bytes"],
  ...["vector_stores_change_bytes", "vector_stores_leave_bytes"],
  ...["messages_come_with_bytes", "messages_change_bytes", "messages_leave_bytes"],
];

export const countedRows = `${DROPPED.map((trigger) => `DROP TRIGGER ${trigger};\n`).join("")}
INSERT INTO stored_changes SELECT tenant, user, sum(${CONVERSATION_BYTES("c")}) FROM conversations c GROUP BY tenant, user;
${moves("conversations", "context", CONVERSATION_BYTES)}

INSERT INTO stored_changes SELECT tenant, user, sum(${DOCUMENT_BYTES("d")} - d.bytes - d.text_bytes) FROM documents d GROUP BY tenant, user;
${comes("documents", DOCUMENT_BYTES)}${moves("documents", "bytes, text_bytes, annotations", DOCUMENT_BYTES)}

INSERT INTO stored_changes SELECT tenant, user, sum(${VECTOR_STORE_BYTES("v")} - v.bytes) FROM vector_stores v GROUP BY tenant, user;
${comes("vector_stores", VECTOR_STORE_BYTES)}${moves("vector_stores", "bytes, description, metadata", VECTOR_STORE_BYTES)}

INSERT INTO stored_changes SELECT c.tenant, c.user, sum(octet_length(m.metadata))
  FROM messages m JOIN conversations c ON c.id = m.conversation WHERE m.metadata IS NOT NULL GROUP BY c.tenant, c.user;
CREATE TRIGGER messages_come_with_bytes AFTER INSERT ON messages
WHEN EXISTS (SELECT 1 FROM conversations WHERE id = NEW.conversation) BEGIN
  INSERT INTO stored_changes VALUES (
    (SELECT tenant FROM conversations WHERE id = NEW.conversation),
    (SELECT user FROM conversations WHERE id = NEW.conversation),
    ${MESSAGE_BYTES("NEW")});
END;
CREATE TRIGGER messages_change_bytes AFTER UPDATE OF parts, metadata ON messages BEGIN
  INSERT INTO stored_changes SELECT tenant, user, ${MESSAGE_BYTES("NEW")} - (${MESSAGE_BYTES("OLD")})
    FROM conversations WHERE id = NEW.conversation;
END;
CREATE TRIGGER messages_leave_bytes AFTER DELETE ON messages BEGIN
  INSERT INTO stored_changes SELECT tenant, user, -(${MESSAGE_BYTES("OLD")}) FROM conversations WHERE id = OLD.conversation;
END;
`;
