/** Schema version 2: text search over titles and inputs. Filled behind the submits, see `search.ts`. */
export const search = `
CREATE VIRTUAL TABLE search USING fts5 (
  title, input,
  content = '', contentless_delete = 1,
  tokenize = 'porter unicode61 remove_diacritics 2'
);
-- Every task up to this one is in the index.
CREATE TABLE search_progress (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  n   INTEGER NOT NULL
) STRICT;
INSERT INTO search_progress (one, n) VALUES (1, 0);
`;
