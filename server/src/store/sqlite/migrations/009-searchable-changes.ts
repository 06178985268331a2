/**
 * Schema version 9: which documents are searched otherwise than before, one entry a change. Who searches reads from it what
 * to look at again, in place of all members of a store. See `membership.ts`.
 */
export const searchableChanges = `
CREATE TABLE searchable_changes (
  n        INTEGER PRIMARY KEY AUTOINCREMENT,
  document TEXT NOT NULL
) STRICT;

-- Who has not looked for longer than this reads all members again.
CREATE TRIGGER searchable_changes_are_bounded AFTER INSERT ON searchable_changes BEGIN
  DELETE FROM searchable_changes WHERE n <= NEW.n - 10000;
END;

CREATE TRIGGER members_are_found AFTER INSERT ON members WHEN NEW.status = 'completed' BEGIN
  INSERT INTO searchable_changes (document) VALUES (NEW.document);
END;
CREATE TRIGGER members_are_lost AFTER DELETE ON members WHEN OLD.status = 'completed' BEGIN
  INSERT INTO searchable_changes (document) VALUES (OLD.document);
END;
CREATE TRIGGER members_are_found_otherwise AFTER UPDATE ON members
WHEN OLD.status = 'completed' OR NEW.status = 'completed' BEGIN
  INSERT INTO searchable_changes (document) VALUES (NEW.document);
END;
CREATE TRIGGER documents_are_found_otherwise AFTER UPDATE OF annotations ON documents BEGIN
  INSERT INTO searchable_changes (document) VALUES (NEW.key);
END;
CREATE TRIGGER cuts_are_searched AFTER UPDATE ON cuts WHEN NEW.stored = NEW.total BEGIN
  INSERT INTO searchable_changes (document) VALUES (NEW.document);
END;
CREATE TRIGGER cuts_are_searched_no_more AFTER DELETE ON cuts BEGIN
  INSERT INTO searchable_changes (document) VALUES (OLD.document);
END;
CREATE TRIGGER embeddings_are_searched AFTER UPDATE ON embeddings BEGIN
  INSERT INTO searchable_changes (document) SELECT document FROM cuts WHERE n = NEW.cut;
END;
CREATE TRIGGER embeddings_are_searched_no_more AFTER DELETE ON embeddings BEGIN
  INSERT INTO searchable_changes (document) SELECT document FROM cuts WHERE n = OLD.cut;
END;
`;
