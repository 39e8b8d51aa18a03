-- What is being written and is in no queue yet. The content is the api's own JSON; it names files by the numbers below.
CREATE TABLE drafts (
  id            INTEGER PRIMARY KEY AUTOINCREMENT, -- never reused: a late write must not hit another draft
  title         TEXT    NOT NULL,                  -- for display
  changed_at_ms INTEGER NOT NULL,
  content       TEXT    NOT NULL CHECK (json_valid(content))
) STRICT;
CREATE INDEX drafts_changed ON drafts (changed_at_ms);

-- Videos, covers and captions of a draft; columns as in manuscripts.
CREATE TABLE draft_files (
  draft_id   INTEGER NOT NULL REFERENCES drafts (id) ON DELETE CASCADE,
  number     INTEGER NOT NULL,
  file_path  BLOB    NOT NULL,
  size_bytes INTEGER NOT NULL CHECK (size_bytes >= 0),
  mtime_ns   INTEGER NOT NULL,
  file_id    TEXT    NOT NULL,
  sample     TEXT    NOT NULL,
  online     BLOB,
  PRIMARY KEY (draft_id, number)
) STRICT, WITHOUT ROWID;
