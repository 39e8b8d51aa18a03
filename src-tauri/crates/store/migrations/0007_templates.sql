-- Named sets of texts and choices for manuscripts to come. What is in one is JSON of the api's.
CREATE TABLE templates (
  name          TEXT    NOT NULL PRIMARY KEY,
  body          TEXT    NOT NULL,
  changed_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
