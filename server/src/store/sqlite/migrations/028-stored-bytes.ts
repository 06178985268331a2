/**
 * Schema version 28: how many bytes each user keeps, and each tenant. What hangs on a task is counted by whoever writes it,
 * in `tasks.bytes`, since a trigger for each event would cost every submit; all else, and what goes, by triggers, so that it
 * is right whoever writes or removes it. Rows of an older version count with what is in them.
 */
/** Of a text, or of the value in the files that it is the marker of (`codec/marker.ts`). */
export const weight = (text: string) =>
  `CASE WHEN substr(${text}, 1, 1) = '@' THEN CAST(substr(${text}, 67, 20) AS INTEGER) ELSE octet_length(${text}) END`;

export const storedBytes = `
CREATE TABLE stored_bytes (
  tenant TEXT NOT NULL,
  owner  TEXT NOT NULL,
  bytes  INTEGER NOT NULL,
  PRIMARY KEY (tenant, owner)
) STRICT, WITHOUT ROWID;

-- What is inserted here is added for the user and for the tenant.
CREATE VIEW stored_changes AS SELECT tenant, owner AS user, bytes FROM stored_bytes;
CREATE TRIGGER stored_bytes_change INSTEAD OF INSERT ON stored_changes BEGIN
  INSERT INTO stored_bytes (tenant, owner, bytes)
  VALUES (NEW.tenant, '', NEW.bytes), (NEW.tenant, '=' || NEW.user, NEW.bytes)
  ON CONFLICT DO UPDATE SET bytes = bytes + excluded.bytes;
END;

ALTER TABLE tasks ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
UPDATE tasks SET bytes = 1024
  + (SELECT coalesce(sum(${weight("input")}), 0) FROM submissions WHERE task = tasks.n)
  + (SELECT coalesce(sum(${weight("data")}), 0) FROM events WHERE task = tasks.n)
  + (SELECT coalesce(sum(${weight("result")}), 0) FROM journal WHERE task = tasks.n)
  + (SELECT coalesce(sum(${weight("record")}), 0) FROM artifact_updates WHERE task = tasks.n)
  + coalesce(${weight("output")}, 0);
INSERT INTO stored_changes SELECT tenant, user, sum(bytes) FROM tasks GROUP BY tenant, user;
-- Its attachments go with it, by their foreign key, and find it no more.
CREATE TRIGGER tasks_leave_bytes BEFORE DELETE ON tasks BEGIN
  INSERT INTO stored_changes VALUES (OLD.tenant, OLD.user,
    -OLD.bytes - (SELECT coalesce(sum(bytes), 0) FROM attachments WHERE task = OLD.n));
END;

-- One that is set aside is of another tenant meanwhile.
CREATE TRIGGER tasks_move_bytes AFTER UPDATE OF tenant ON tasks BEGIN
  INSERT INTO stored_changes SELECT OLD.tenant, OLD.user, -OLD.bytes - coalesce(sum(bytes), 0)
    FROM attachments WHERE task = OLD.n;
  INSERT INTO stored_changes SELECT NEW.tenant, NEW.user, NEW.bytes + coalesce(sum(bytes), 0)
    FROM attachments WHERE task = NEW.n;
END;

-- A document counts with its file and with the text of its pages.
ALTER TABLE documents ADD COLUMN text_bytes INTEGER NOT NULL DEFAULT 0;
UPDATE documents SET text_bytes =
  (SELECT coalesce(sum(octet_length(content)), 0) FROM document_pages WHERE document = key);
INSERT INTO stored_changes SELECT tenant, user, sum(bytes + text_bytes) FROM documents GROUP BY tenant, user;
CREATE TRIGGER documents_come_with_bytes AFTER INSERT ON documents BEGIN
  INSERT INTO stored_changes VALUES (NEW.tenant, NEW.user, NEW.bytes + NEW.text_bytes);
END;
CREATE TRIGGER documents_change_bytes AFTER UPDATE OF tenant, user, bytes, text_bytes ON documents BEGIN
  INSERT INTO stored_changes VALUES (OLD.tenant, OLD.user, -(OLD.bytes + OLD.text_bytes));
  INSERT INTO stored_changes VALUES (NEW.tenant, NEW.user, NEW.bytes + NEW.text_bytes);
END;
CREATE TRIGGER documents_leave_bytes AFTER DELETE ON documents BEGIN
  INSERT INTO stored_changes VALUES (OLD.tenant, OLD.user, -(OLD.bytes + OLD.text_bytes));
END;
-- Before, since a page may take the place of another one.
CREATE TRIGGER pages_come_with_bytes BEFORE INSERT ON document_pages BEGIN
  UPDATE documents SET text_bytes = text_bytes + octet_length(NEW.content)
    - coalesce((SELECT octet_length(content) FROM document_pages WHERE document = NEW.document AND page = NEW.page), 0)
  WHERE key = NEW.document;
END;
CREATE TRIGGER pages_leave_bytes AFTER DELETE ON document_pages BEGIN
  UPDATE documents SET text_bytes = text_bytes - octet_length(OLD.content) WHERE key = OLD.document;
END;

-- What a vector store holds of its documents: their chunks and vectors.
INSERT INTO stored_changes SELECT tenant, user, sum(bytes) FROM vector_stores GROUP BY tenant, user;
CREATE TRIGGER vector_stores_change_bytes AFTER UPDATE OF tenant, user, bytes ON vector_stores BEGIN
  INSERT INTO stored_changes VALUES (OLD.tenant, OLD.user, -OLD.bytes);
  INSERT INTO stored_changes VALUES (NEW.tenant, NEW.user, NEW.bytes);
END;
CREATE TRIGGER vector_stores_leave_bytes AFTER DELETE ON vector_stores BEGIN
  INSERT INTO stored_changes VALUES (OLD.tenant, OLD.user, -OLD.bytes);
END;

INSERT INTO stored_changes SELECT c.tenant, c.user, sum(${weight("m.parts")})
  FROM messages m JOIN conversations c ON c.id = m.conversation GROUP BY c.tenant, c.user;
CREATE TRIGGER messages_come_with_bytes AFTER INSERT ON messages BEGIN
  INSERT INTO stored_changes SELECT tenant, user, ${weight("NEW.parts")} FROM conversations WHERE id = NEW.conversation;
END;
CREATE TRIGGER messages_change_bytes AFTER UPDATE OF parts ON messages BEGIN
  INSERT INTO stored_changes SELECT tenant, user, ${weight("NEW.parts")} - ${weight("OLD.parts")}
    FROM conversations WHERE id = NEW.conversation;
END;
CREATE TRIGGER messages_leave_bytes AFTER DELETE ON messages BEGIN
  INSERT INTO stored_changes SELECT tenant, user, -${weight("OLD.parts")} FROM conversations WHERE id = OLD.conversation;
END;

INSERT INTO stored_changes SELECT t.tenant, t.user, sum(a.bytes)
  FROM attachments a JOIN tasks t ON t.n = a.task GROUP BY t.tenant, t.user;
CREATE TRIGGER attachments_come_with_bytes AFTER INSERT ON attachments BEGIN
  INSERT INTO stored_changes SELECT tenant, user, NEW.bytes FROM tasks WHERE n = NEW.task;
END;
CREATE TRIGGER attachments_leave_bytes AFTER DELETE ON attachments BEGIN
  INSERT INTO stored_changes SELECT tenant, user, -OLD.bytes FROM tasks WHERE n = OLD.task;
END;
`;
