-- What a platform last offered an account for one of its fields, for when it cannot be asked.
CREATE TABLE choices (
  account_id INTEGER NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  field      TEXT    NOT NULL,
  at_ms      INTEGER NOT NULL,
  choices    TEXT    NOT NULL CHECK (json_valid(choices)),
  PRIMARY KEY (account_id, field)
) STRICT, WITHOUT ROWID;
