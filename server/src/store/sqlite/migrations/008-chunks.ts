/** Schema version 8: the chunks of documents, the words in them, and their vectors; see `chunk-writes.ts`. */
export const chunks = `
-- One cut of one document. \`stored\` of its \`total\` chunks are there; \`version\` moves with every change of them.
CREATE TABLE cuts (
  n              INTEGER PRIMARY KEY AUTOINCREMENT,
  document       TEXT NOT NULL,
  max_tokens     INTEGER NOT NULL,
  overlap_tokens INTEGER NOT NULL,
  total          INTEGER NOT NULL CHECK (total >= 0),
  stored         INTEGER NOT NULL CHECK (stored BETWEEN 0 AND total),
  version        INTEGER NOT NULL,
  UNIQUE (document, max_tokens, overlap_tokens)
) STRICT;

CREATE TABLE chunks (
  cut        INTEGER NOT NULL,
  chunk      INTEGER NOT NULL CHECK (chunk >= 0),
  page       INTEGER NOT NULL,
  start_unit INTEGER NOT NULL,
  end_unit   INTEGER NOT NULL,
  tokens     INTEGER NOT NULL,
  text       TEXT NOT NULL,
  PRIMARY KEY (cut, chunk)
) STRICT;

-- Chunks in slices of 32: their words turned around.
CREATE TABLE postings (
  cut   INTEGER NOT NULL,
  slice INTEGER NOT NULL,
  words BLOB NOT NULL,
  PRIMARY KEY (cut, slice)
) STRICT;

-- What a model has made of a cut; \`stored\` of its chunks have a vector.
CREATE TABLE embeddings (
  n          INTEGER PRIMARY KEY AUTOINCREMENT,
  cut        INTEGER NOT NULL,
  model      TEXT NOT NULL,
  dimensions INTEGER NOT NULL CHECK (dimensions > 0),
  stored     INTEGER NOT NULL CHECK (stored >= 0),
  version    INTEGER NOT NULL,
  UNIQUE (cut, model)
) STRICT;
CREATE INDEX embeddings_by_model ON embeddings (model);

-- A byte for each number of each chunk of a slice; a bit of \`present\` for each chunk that has a vector.
CREATE TABLE vectors (
  embedding INTEGER NOT NULL,
  slice     INTEGER NOT NULL,
  present   INTEGER NOT NULL,
  numbers   BLOB NOT NULL,
  PRIMARY KEY (embedding, slice)
) STRICT;

-- Nobody finds them any more; their rows go little by little.
CREATE TABLE removed_cuts (n INTEGER PRIMARY KEY) STRICT;
CREATE TABLE removed_embeddings (n INTEGER PRIMARY KEY) STRICT;
CREATE TRIGGER documents_leave_cuts AFTER DELETE ON documents BEGIN
  DELETE FROM cuts WHERE document = OLD.key;
END;
CREATE TRIGGER cuts_go AFTER DELETE ON cuts BEGIN
  INSERT INTO removed_cuts (n) VALUES (OLD.n);
  DELETE FROM embeddings WHERE cut = OLD.n;
END;
CREATE TRIGGER embeddings_go AFTER DELETE ON embeddings BEGIN
  INSERT INTO removed_embeddings (n) VALUES (OLD.n);
END;
`;
